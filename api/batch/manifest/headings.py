"""What the columns of an export mean, by the headings that telephone systems give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz import process

from phrasebook.messages import say

__all__ = ["DATA_PREFIX", "TITLES", "Columns", "Heading", "columns_of", "is_call_id", "is_header"]

DATA_PREFIX = "data:"
"""A heading that begins so is the site's own, whatever it looks like."""

_NEAR = 80.0
"""From this similarity (0-100) on an unknown heading is taken for a mistyped one of ours."""


class Heading(StrEnum):
    """What a manifest may say of a recording; every other column is the call's own data."""

    PATH = "path"
    CALL_ID = "call_id"
    AGENT = "agent"
    AGENT_NAME = "agent_name"
    TEAM = "team"
    CUSTOMER = "customer"
    DIRECTION = "direction"
    STARTED_AT = "started_at"
    DATE = "date"
    TIME = "time"
    DURATION = "duration"
    SCRIPT = "script"
    ROLES = "roles"


TITLES: Mapping[Heading, str] = {
    Heading.PATH: "录音路径",
    Heading.CALL_ID: "通话流水号",
    Heading.AGENT: "坐席工号",
    Heading.AGENT_NAME: "坐席姓名",
    Heading.TEAM: "班组",
    Heading.CUSTOMER: "客户",
    Heading.DIRECTION: "呼叫方向",
    Heading.STARTED_AT: "开始时间",
    Heading.DATE: "日期",
    Heading.TIME: "时间",
    Heading.DURATION: "通话时长",
    Heading.SCRIPT: "流程",
    Heading.ROLES: "声道",
}

# In order of preference: of two columns that mean the same the earlier name is taken.
_SYNONYMS: Mapping[Heading, str] = {
    Heading.PATH: (
        "path 录音路径 录音文件路径 文件路径 录音文件 录音文件名 录音文件名称 录音地址 录音链接 "
        "录音下载地址 录音url 录音 文件名 文件 recordingpath recordingfile recordfile recordpath "
        "recordfilename recordingfilename recordingfilepath recordurl recordingurl recordinglink "
        "recordname recording voicefile voicepath audiofile audiopath audio wavfile monitorfile "
        "filename filepath filefullpath file mixfile 路径 语音文件 语音路径 音频文件 音频路径 音频"
    ),
    Heading.CALL_ID: (
        "callid 通话流水号 通话id 呼叫id 会话id 流水号 录音流水号 录音编号 录音id 呼叫流水号 "
        "通话编号 话单编号 会话编号 conversationid interactionid uniqueid ucid uuid calluuid "
        "callsid sessionid contactid callguid connid calluniqueid mainuniqueid recordid "
        "recordingid linkedid 通话唯一标识 唯一标识"
    ),
    Heading.AGENT: (
        "agent 坐席工号 座席工号 工号 坐席编号 座席编号 坐席号 座席号 坐席id 座席id 客服工号 "
        "员工工号 员工编号 员工号 接听坐席工号 agentid agentno agentnumber agentcode agentloginid "
        "agentlogin loginid localuserid staffid employeeid operatorid userid cno 分机号 分机 "
        "坐席分机 extension ext exten 坐席 座席 坐席账号 座席账号 客服账号 客服 员工 接听坐席 "
        "接听座席 接听客服 处理坐席 操作员 user users username operator staff "
        "坐席姓名 座席姓名 agentname"
    ),
    Heading.AGENT_NAME: (
        "agentname 坐席姓名 座席姓名 坐席名称 座席名称 坐席名 座席名 客服姓名 客服名称 员工姓名 "
        "接听坐席姓名 agentfullname agentfirstname staffname operatorname cname clientname 姓名"
    ),
    Heading.TEAM: (
        "team 班组 组别 坐席组 座席组 坐席班组 班组名称 小组 团队 所属班组 所属团队 所属组 "
        "所属部门 部门 技能组 技能组名称 接听技能组 队列 队列名称 group groupname "
        "teamname department dept agentgroup division queue queuename skill "
        "skillgroup skillname split huntgroup"
    ),
    Heading.CUSTOMER: (
        "customer 客户 客户姓名 客户名称 客户名 客户号码 客户电话 客户手机号 用户号码 用户姓名 "
        "customername customernumber customerphone callernumber 主叫号码 来电号码 主叫 ani "
        "callerid callingnumber callingparty caller calleridnumber src remote"
    ),
    Heading.DIRECTION: (
        "direction 方向 呼叫方向 呼叫类型 通话类型 通话方向 来去电 呼入呼出 进出 呼叫类别 进线类型 "
        "calltype calldirection callingtype 呼叫方式 originatingdirection initialdirection"
    ),
    Heading.STARTED_AT: (
        "startedat 开始时间 通话开始时间 开始通话时间 通话时间 呼叫时间 呼叫开始 通话开始 "
        "呼叫开始时间 接通时间 应答时间 接听时间 录音开始时间 录音时间 "
        "来电时间 拨打时间 进线时间 振铃时间 创建时间 "
        "开始日期时间 starttime begintime startdatetime callstarttime callstart startstamp "
        "answerstamp answertime startdate datetime calldate calltime callbegin timestamp "
        "conversationstart initiateddate recordingstarttime recordstarttime segstart initiated "
        "日期时间"
    ),
    Heading.DATE: "date 日期 通话日期 呼叫日期 录音日期 callday",
    Heading.TIME: "time 时间 时刻 timeofday",
    Heading.DURATION: (
        "duration 通话时长 时长 录音时长 通话时长秒 时长秒 通话秒数 录音时长秒 通话总时长 billsec "
        "talktime calllength callduration durationseconds durationsec talkduration talktimesec "
        "recordduration bridgetime length 计费时长"
    ),
    Heading.SCRIPT: "script 流程 质检流程 流程名称 剧本",
    Heading.ROLES: "roles 声道 声道角色 channels 左右声道",
}
_RANK: Mapping[Heading, Sequence[str]] = {name: words.split() for name, words in _SYNONYMS.items()}
_MEANS: Mapping[str, Heading] = {
    word: name for name, words in reversed(list(_RANK.items())) for word in words
}


@dataclass(slots=True)
class Columns:
    """Where each field stands in a row (from 0), and which columns are the site's own data."""

    at: dict[Heading, int] = field(default_factory=dict)
    data: dict[int, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def cell(self, row: Sequence[str], name: Heading) -> str:
        place = self.at.get(name)
        return row[place] if place is not None and place < len(row) else ""


def folded(heading: str) -> str:
    """`Agent ID`, `agent_id`, `agentId` and `坐席（工号）` without what only decorates them."""
    plain = unicodedata.normalize("NFKC", heading).casefold()
    plain = re.sub(r"\(.*?\)|\[.*?\]|【.*?】", "", plain)
    return re.sub(r"[\W_]+", "", plain)


def is_call_id(heading: str) -> bool:
    return folded(heading) in _RANK[Heading.CALL_ID]


def is_header(row: Sequence[str]) -> bool:
    """Whether this row names columns: the recording itself, or two things that we know."""
    known = {_MEANS[word] for word in map(folded, row) if word in _MEANS}
    return Heading.PATH in known or len(known) >= 2


def columns_of(headings: Sequence[str]) -> Columns:
    """What stands where. A name that a better one has taken already is kept as data."""
    columns = Columns()
    words = [folded(heading) for heading in headings]
    for name, synonyms in _RANK.items():
        if name is Heading.AGENT and _both_agents(words):
            synonyms = [word for word in synonyms if word not in _RANK[Heading.AGENT_NAME]]
        best = next((words.index(word) for word in synonyms if _free(word, words, columns)), None)
        if best is not None:
            columns.at[name] = best
    _without_id(columns)
    taken = set(columns.at.values())
    for number, heading in enumerate(headings):
        if number in taken or not heading.strip():
            continue
        title = heading.strip()
        if title.casefold().startswith(DATA_PREFIX):
            columns.data[number] = title[len(DATA_PREFIX) :].strip()
        elif near := _mistyped(words[number], columns):
            columns.mistakes.append(
                say(
                    "unknown column '{title}'; did you mean '{near}'? To keep it as the call's own "
                    "data, name it '{prefix}{title}'",
                    title=title,
                    near=near,
                    prefix=DATA_PREFIX,
                )
            )
        elif title in columns.data.values():
            columns.mistakes.append(
                say("column '{title}' stands twice; rename one of them", title=title)
            )
        else:
            columns.data[number] = title
    # A call's own number is worth keeping under the name its system gives it.
    if (place := columns.at.get(Heading.CALL_ID)) is not None:
        columns.data[place] = headings[place].strip()
    columns.data = dict(sorted(columns.data.items()))
    return columns


def _both_agents(words: Sequence[str]) -> bool:
    """A column that can only be a number stands beside one that can only be a name."""
    names = set(_RANK[Heading.AGENT_NAME])
    numbers = set(_RANK[Heading.AGENT]) - names
    return bool(names & set(words)) and bool(numbers & set(words))


def _free(word: str, words: Sequence[str], columns: Columns) -> bool:
    return word in words and words.index(word) not in columns.at.values()


def _without_id(columns: Columns) -> None:
    """A date and a time of day together are a start; alone, either may be the whole of it."""
    at = columns.at
    if Heading.STARTED_AT in at:
        at.pop(Heading.DATE, None)
        at.pop(Heading.TIME, None)
    elif Heading.DATE in at and Heading.TIME not in at:
        at[Heading.STARTED_AT] = at.pop(Heading.DATE)
    elif Heading.TIME in at and Heading.DATE not in at:
        at[Heading.STARTED_AT] = at.pop(Heading.TIME)


def _mistyped(word: str, columns: Columns) -> str | None:
    """One of our own English names that this one is nearly, and that nothing else has."""
    if not word.isascii() or word in _MEANS:
        return None
    ours = {name.value.replace("_", ""): name.value for name in Heading if name not in columns.at}
    near = process.extractOne(word, ours, score_cutoff=_NEAR)
    return ours[near[0]] if near and near[0] != word and _alike(word, near[0]) else None


def _alike(word: str, ours: str) -> bool:
    """Of about one length: `datacenter` is no mistyped `date`."""
    return abs(len(word) - len(ours)) <= 2 and len(ours) >= 4
