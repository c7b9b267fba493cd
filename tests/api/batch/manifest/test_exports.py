"""Lists of calls as telephone systems export them: read, or refused with what to change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from api.batch.manifest import read_manifest
from api.batch.source import SourceError

ROOT = (
    *("0301/8001.wav", "录音/8001.wav", "monitor/2025/03/01/in-4008-8001-1740791133.12.wav"),
    *("recordings/5f0e7a3c-1b2d-4e5f-9a7b-0c1d2e3f4a5b.wav", "TR20250301090533_8001.mp3"),
    *("00001017401234567890_8001.wav", "call_16777217_2.wav", "2025-03/a/rec_7788.mp3"),
)


@dataclass(frozen=True, kw_only=True)
class Export:
    """One system's file; `call`: path below the root, agent, direction, start; else `refused`."""

    name: str
    text: str
    encoding: str = "utf-8"
    root: bool = False
    call: tuple[str, str, str, str] | None = None
    data: dict[str, str] | None = None
    refused: str = ""


EXPORTS = [
    Export(
        name="天润融通 通话记录",
        text="客户号码,座席工号,座席姓名,队列名称,呼叫类型,开始时间,通话时长,录音文件,唯一标识\n"
        "13800000001,8001,王芳,售后组,呼入,2025-03-01 09:05:33,00:03:25,0301/8001.wav,m-1740\n",
        call=("0301/8001.wav", "8001", "inbound", "2025-03-01 09:05:33"),
        data={"唯一标识": "m-1740", "通话时长": "00:03:25"},
    ),
    Export(
        name="天润融通 英文字段",
        text="uniqueId,cno,clientName,customerNumber,callType,startTime,bridgeDuration,recordFile\n"
        "m1,8001,王芳,138,呼出,1740791133,205,0301/8001.wav\n",
        call=("0301/8001.wav", "8001", "outbound", "2025-03-01 09:05:33"),
        data={"bridgeDuration": "205"},
    ),
    Export(
        name="容联七陌 通话明细",
        text="通话流水号\t来电号码\t坐席工号\t坐席\t技能组\t呼叫类型\t接通时间\t通话时长(秒)\t录音地址\n"
        "c1\t138\t8001\t王芳\t一组\t普通来电\t2025/3/1 9:05:33\t205\t"
        "https://rec.example.com/0301/8001.wav?sign=ab\n",
        encoding="utf-16",
        root=True,
        call=("0301/8001.wav", "8001", "inbound", "2025-03-01 09:05:33"),
        data={"坐席": "王芳", "通话流水号": "c1"},
    ),
    Export(
        name="容联七陌 录音链接，没有下载",
        text="坐席工号,录音地址\n8001,https://rec.example.com/0301/8001.wav\n",
        refused="2: a web address; download the recordings",
    ),
    Export(
        name="合力亿捷",
        text="呼叫时间,主叫号码,被叫号码,员工工号,员工姓名,呼叫方向,通话时长,录音文件名\n"
        "2025-03-01 09:05,138,4008,8001,王芳,呼入,3分25秒,8001.wav\n",
        encoding="gb18030",
        root=True,
        refused="2: 2 recordings below --root may be meant; expected the path with its folders",
    ),
    Export(
        name="合力亿捷 带文件夹",
        text="呼叫时间,主叫号码,被叫号码,员工工号,员工姓名,呼叫方向,通话时长,录音文件名\n"
        "2025-03-01 09:05,138,4008,8001,王芳,呼入,3分25秒,0301\\8001.wav\n",
        encoding="gb18030",
        root=True,
        call=("0301/8001.wav", "8001", "inbound", "2025-03-01 09:05:00"),
        data={"被叫号码": "4008"},
    ),
    Export(
        name="智齿 通话记录，表头上有标题",
        text="通话记录导出,,,\n导出时间：2025-03-02,,,\n\n"
        "客服,客户电话,呼叫类型,开始通话时间,满意度,录音\n"
        "王芳,138,呼入,2025年3月1日 09:05,非常满意,0301/8001.wav\n",
        call=("0301/8001.wav", "王芳", "inbound", "2025-03-01 09:05:00"),
        data={"满意度": "非常满意"},
    ),
    Export(
        name="华为 AICC 话单",
        text="呼叫流水号,座席工号,业务类型,呼叫类型,开始通话时间,通话时长,文件路径\n"
        '="0001",="8001",投诉,呼入,20250301090533,205,Y:\\record\\录音\\8001.wav\n',
        encoding="gb18030",
        root=True,
        call=("录音/8001.wav", "8001", "inbound", "2025-03-01 09:05:33"),
        data={"业务类型": "投诉", "呼叫流水号": "0001"},
    ),
    Export(
        name="华为 CC-CMS，录音在别的机器上",
        text="CallID,AgentID,BeginTime,FileName\n1,8001,2025-03-01 09:05:33,Y:\\0\\8001.V3\n",
        refused="2: a path of a Windows machine; say where its files are here with --root DIR",
    ),
    Export(
        name="Genesys Cloud interactions",
        text="Conversation ID,Users,Remote,Date,Duration,Direction,Queue,Wrap-up\n"
        "5f0e7a3c-1b2d-4e5f-9a7b-0c1d2e3f4a5b,Wang Fang,138,3/1/25 9:05 AM,03:25,Inbound,Sales,"
        "Sold\n"
        "5f0e7a3c-1b2d-4e5f-9a7b-0c1d2e3f4a5b,Wang Fang,138,3/14/25 9:05 AM,03:25,Inbound,Sales,"
        "Sold\n",
        root=True,
        call=(
            "recordings/5f0e7a3c-1b2d-4e5f-9a7b-0c1d2e3f4a5b.wav",
            *("Wang Fang", "inbound", "2025-03-01 09:05:00"),
        ),
        data={"Wrap-up": "Sold"},
    ),
    Export(
        name="Genesys Cloud, a date that may be two",
        text="Recording,Users,Date\n0301/8001.wav,Wang Fang,3/4/25 9:05 AM\n",
        refused="2: started_at is no time that can be told for sure",
    ),
    Export(
        name="Genesys Cloud, without a root",
        text="Conversation ID,Users,Date\n5f0e,Wang Fang,2025-03-01 09:05\n",
        refused="2: no recording named; with --root DIR it is found by the call's id",
    ),
    Export(
        name="Genesys PureConnect",
        text="CallId,LocalUserId,RemoteNumber,InitiatedDate,CallDirection,RecordingPath\n"
        "100,wfang,138,2025-03-01T09:05:33+08:00,Inbound,\\\\srv\\rec\\2025-03\\a\\rec_7788.mp3\n",
        root=True,
        call=("2025-03/a/rec_7788.mp3", "wfang", "inbound", "2025-03-01 09:05:33"),
        data={"RemoteNumber": "138"},
    ),
    Export(
        name="Avaya CMS call records",
        text="UCID,Ext,Calling Party,Split,Segstart,Talktime,Call Type\n"
        "00001017401234567890,8001,138,12,2025-03-01 09:05:33,205,Inbound\n",
        root=True,
        call=("00001017401234567890_8001.wav", "8001", "inbound", "2025-03-01 09:05:33"),
    ),
    Export(
        name="Avaya, a long id that Excel shortened",
        text="UCID,Ext\n1.01740123456789E+18,8001\n",
        root=True,
        refused="2: call_id is a long number that Excel has shortened",
    ),
    Export(
        name="Cisco UCCE termination detail",
        text="CallGUID,AgentSkillTargetID,ANI,DateTime,Duration,File Name\n"
        "A1,5001,138,2025-03-01 09:05:33.120,205,call_16777217_2.wav\n",
        root=True,
        call=("call_16777217_2.wav", "", "", "2025-03-01 09:05:33.120000"),
        data={"AgentSkillTargetID": "5001"},
    ),
    Export(
        name="Cisco CUCM CDR",
        text="globalCallID_callId,callingPartyNumber,originalCalledPartyNumber,duration\n"
        "16777217,138,8001,205\n",
        refused="no column 'path'",
    ),
    Export(
        name="FreeSWITCH CDR",
        text='"caller_id_name","caller_id_number","destination_number","start_stamp","billsec",'
        '"uuid","direction"\n'
        '"138","138","8001","2025-03-01 09:05:33","205",'
        '"5f0e7a3c-1b2d-4e5f-9a7b-0c1d2e3f4a5b","inbound"\n',
        root=True,
        call=(
            "recordings/5f0e7a3c-1b2d-4e5f-9a7b-0c1d2e3f4a5b.wav",
            *("", "inbound", "2025-03-01 09:05:33"),
        ),
        data={"destination_number": "8001"},
    ),
    Export(
        name="Asterisk CDR",
        text="calldate,clid,src,dst,dcontext,duration,billsec,disposition,uniqueid,recordingfile\n"
        "2025-03-01 09:00:00,x,138,600,from-trunk,9,0,NO ANSWER,1740790800.1,\n"
        "2025-03-01 09:05:33,x,138,8001,from-trunk,215,205,ANSWERED,1740791133.12,"
        "in-4008-8001-1740791133.12.wav\n",
        root=True,
        call=(
            "monitor/2025/03/01/in-4008-8001-1740791133.12.wav",
            *("", "", "2025-03-01 09:05:33"),
        ),
        data={"dst": "8001", "disposition": "ANSWERED"},
    ),
    Export(
        name="VOS/国产软交换",
        text="主叫,被叫,开始时间,时长,录音文件名称\n138,8001,2025-3-1 9:05:33,205,"
        "TR20250301090533_8001\n",
        root=True,
        call=("TR20250301090533_8001.mp3", "", "", "2025-03-01 09:05:33"),
    ),
    Export(
        name="阿里云云呼叫中心",
        text="联络ID,坐席ID,坐席姓名,主叫,呼叫类型,开始时间,通话时长,录音文件\n"
        "job-1,8001,王芳,138,Inbound,2025-03-01T01:05:33Z,205000,0301/8001.wav\n",
        call=("0301/8001.wav", "8001", "inbound", "2025-03-01 09:05:33"),
        data={"联络ID": "job-1"},
    ),
    Export(
        name="腾讯云联络中心",
        text="会话ID;客服账号;客户号码;来去电;技能组名称;接听时间;录音链接\n"
        "s1;8001;138;去电;一组;2025-03-01 09:05:33;0301/8001.wav\n",
        call=("0301/8001.wav", "8001", "outbound", "2025-03-01 09:05:33"),
    ),
    Export(
        name="Five9 call log",
        text="CALL ID,TIMESTAMP,AGENT,AGENT NAME,CALL TYPE,ANI,RECORDINGS FILE,RECORDING\n"
        '77,"Sat, 1 Mar 2025",8001,Wang Fang,Inbound,138,x,0301/8001.wav\n',
        refused="2: started_at is no time that can be told for sure",
    ),
    Export(
        name="Amazon Connect contact search",
        text="Contact ID,Agent,Initiation method,Initiated,Queue,Recording\n"
        'c-1,wfang,INBOUND,"Mar 1, 2025 9:05:33 AM",Sales,0301/8001.wav\n',
        call=("0301/8001.wav", "wfang", "", "2025-03-01 09:05:33"),
        data={"Initiation method": "INBOUND"},
    ),
    Export(
        name="NICE recording export, tab in cells",
        text="sep=;\nFile Path;Agent ID;Start Date;Call Direction\n"
        "0301/8001.wav;8001\t;01-Mar-2025 09:05:33;Outgoing\n",
        call=("0301/8001.wav", "8001", "outbound", "2025-03-01 09:05:33"),
    ),
    Export(
        name="自建系统，日期和时间分两列",
        text="日期,时间,工号,姓名,呼叫方向,录音文件\n2025/3/1,9:05,8001,王芳,外呼,0301/8001.wav\n",
        encoding="gb18030",
        call=("0301/8001.wav", "8001", "outbound", "2025-03-01 09:05:00"),
    ),
    Export(
        name="自建系统，日期是 Excel 的数字",
        text="录音文件,工号,开始时间\n0301/8001.wav,8001,45717.378854167\n",
        call=("0301/8001.wav", "8001", "", "2025-03-01 09:05:33"),
    ),
    Export(
        name="自建系统，呼叫类型是代码",
        text="录音文件,工号,呼叫类型\n0301/8001.wav,8001,2\n",
        refused="2: direction is not known; expected 呼入, 呼出",
    ),
    Export(
        name="自建系统，转接后两条记录一个录音",
        text="录音文件,工号,开始时间,通话时长,满意度\n"
        "0301/8001.wav,8001,2025-03-01 09:05:33,00:00:40,\n"
        "0301/8001.wav,8002,2025-03-01 09:06:13,00:02:45,5\n",
        call=("0301/8001.wav", "8002", "", "2025-03-01 09:05:33"),
        data={"满意度": "5", "通话时长": "00:00:40；00:02:45"},
    ),
    Export(
        name="华为 AICC，呼叫类型带前缀，有挂机方",
        text="通话流水,主叫号码,被叫号码,呼叫类型,坐席工号,技能队列,通话开始时间,通话时长(秒),挂机方,"
        "录音文件\n1740-1,138,95588,语音呼入,8001,信用卡,2025-03-01 09:05:33,205,用户,"
        "D:\\record\\0301\\8001.wav\n",
        encoding="utf-8-sig",
        root=True,
        call=("0301/8001.wav", "8001", "inbound", "2025-03-01 09:05:33"),
        data={"挂机方": "用户"},
    ),
    Export(
        name="外呼任务系统",
        text="任务名,呼叫类型,工号,拨打时间,录音\n三月,人工外呼任务,8001,2025/3/1 9:05,0301/8001.wav\n",
        call=("0301/8001.wav", "8001", "outbound", "2025-03-01 09:05:00"),
        data={"任务名": "三月"},
    ),
    Export(
        name="FreePBX 话单",
        text="calldate,clid,src,dst,duration,billsec,disposition,uniqueid,recordingfile\n"
        '"2025-03-01 09:05:33","""138"" <138>",138,8001,205,190,ANSWERED,1740791133.12,'
        "in-4008-8001-1740791133.12.wav\n",
        root=True,
        call=(
            *("monitor/2025/03/01/in-4008-8001-1740791133.12.wav", "", ""),
            "2025-03-01 09:05:33",
        ),
        data={"disposition": "ANSWERED"},
    ),
    Export(
        name="分号分隔，年月日",
        text="工号;日期;时间;录音文件名;呼叫方向\n8001;2025年3月1日;9:05:33;0301/8001.wav;呼出\n",
        encoding="gb18030",
        call=("0301/8001.wav", "8001", "outbound", "2025-03-01 09:05:33"),
    ),
    Export(
        name="竖线分隔，带时区",
        text="录音文件|坐席工号|开始时间\n0301/8001.wav|8001|2025-03-01T09:05:33+08:00\n",
        call=("0301/8001.wav", "8001", "", "2025-03-01 09:05:33"),
    ),
    Export(
        name="报表，前面有说明，末行合计",
        text="导出时间：2025-03-02\n查询条件：全部\n\n录音文件,坐席工号,开始时间,呼叫类型\n"
        "0301/8001.wav,8001,2025-03-01 09:05,内呼\n合计,1,,\n",
        call=("0301/8001.wav", "8001", "inbound", "2025-03-01 09:05:00"),
    ),
    Export(
        name="路径里是网址编码",
        text="录音路径,工号,开始时间\n%E5%BD%95%E9%9F%B3/8001.wav,8001,2025/3/1 9:05\n",
        call=("录音/8001.wav", "8001", "", "2025-03-01 09:05:00"),
    ),
    Export(
        name="网络共享上的路径",
        text="录音路径,工号,开始时间\n\\\\nas01\\rec\\0301\\8001.wav,8001,2025/3/1 9:05\n",
        encoding="gb18030",
        root=True,
        call=("0301/8001.wav", "8001", "", "2025-03-01 09:05:00"),
    ),
    Export(
        name="两位数的年",
        text="录音文件,坐席工号,开始时间\n0301/8001.wav,8001,25-3-1 9:05\n",
        refused="2: started_at is no time that can be told for sure",
    ),
    Export(
        name="只有表头",
        text="录音文件,工号\n",
        refused="no rows below the header; expected one recording a line",
    ),
    Export(
        name="没有编码可认的文件",
        text="",
        refused="neither UTF-8 nor GB18030 text",
    ),
]


@pytest.mark.parametrize("export", EXPORTS, ids=lambda export: export.name)
def test_an_export_is_read_or_refused_with_what_to_change(
    tmp_path: Path, export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "en")
    for name in ROOT:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"RIFF")
    path = tmp_path / "calls.csv"
    path.write_bytes(export.text.encode(export.encoding) or b"\x81\xff\xff\x80")
    if export.refused:
        with pytest.raises(SourceError) as caught:
            read_manifest(path, root=tmp_path if export.root else None).checked()
        assert export.refused in str(caught.value)
        return

    source = read_manifest(path, root=tmp_path if export.root else None).checked()[0]

    place, agent, direction, started = export.call or ("", "", "", "")
    assert source.path == tmp_path / place
    assert (source.agent, source.direction) == (agent, direction)
    assert source.started_at is not None
    moment = datetime.fromisoformat(started)
    if "Z" in export.text or "+08:00" in export.text or "1740791133," in export.text:
        assert source.started_at == datetime.fromisoformat(f"{started}+08:00")
    else:
        assert source.started_at.replace(tzinfo=None) == moment
    assert (export.data or {}).items() <= dict(source.data).items()


def test_there_are_enough_of_them() -> None:
    assert len({export.name for export in EXPORTS}) >= 25
