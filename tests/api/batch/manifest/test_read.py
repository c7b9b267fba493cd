"""What a manifest may say, what is wrong with one, and the template that people begin with."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from api.batch.manifest import read_manifest
from api.batch.manifest.values import DayOrder, duration_ms, moment
from api.batch.outputs import write_outputs
from api.batch.sources import find_sources, look_for
from api.cli.app import run as qa_engine
from api.store import Store
from qa_engine.events import Role
from tests.api.batch.scripted import recordings, run


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_LANG", "en")


def manifest(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "calls.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("title", ["内呼", "呼入", "客服热线"])
def test_chinese_headings_in_gbk_are_read(tmp_path: Path, title: str) -> None:
    text = "录音路径,坐席,班组,客户,方向,开始时间,流程\r\na.flac,张三,一组,王女士,呼入,2025/3/1 9:05,内呼\r\n"
    path = manifest(tmp_path, text, "gb18030")

    [source] = read_manifest(path, scripts={"inbound": title}).checked()

    assert (source.agent, source.team, source.customer) == ("张三", "一组", "王女士")
    assert (source.direction, source.script) == ("inbound", "inbound")
    assert source.started_at == datetime(2025, 3, 1, 9, 5).astimezone()


@pytest.mark.parametrize(
    "cell", ["D:\\录音\\8001.wav", "\\\\srv\\d\\录音\\8001.wav", "/mnt/录音/8001.wav"]
)
def test_a_path_of_another_machine_leads_below_the_root(tmp_path: Path, cell: str) -> None:
    recordings(tmp_path / "录音", ["8001.wav"])
    path = manifest(tmp_path, f"path,agent\n{cell},8001\n")

    [source] = read_manifest(path, root=tmp_path).checked()

    assert source.path == tmp_path / "录音" / "8001.wav"


def test_a_call_s_number_stands_alone_in_the_name_of_its_recording(tmp_path: Path) -> None:
    names = ["rec-20261103-112.wav", "8001-1.wav", "rec-12.wav", "x1740.12.wav"]
    recordings(tmp_path / "r", names)
    for number, found in (("12", "rec-12.wav"), ("112", names[0]), ("1740.12", names[3])):
        path = manifest(tmp_path, f"流水号,坐席\n{number},8001\n")
        assert read_manifest(path, root=tmp_path / "r").checked()[0].path.name == found
    for number in ("800", "1740.1", "2026"):
        path = manifest(tmp_path, f"流水号,坐席\n{number},8001\n")
        assert "has this call's id" in read_manifest(path, root=tmp_path / "r").mistakes[0]


def test_the_check_tells_what_no_heading_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings(tmp_path, ["a.wav"])
    told = "录音,坐席,何时打来,打进打出,备注\na.wav,8001,2025/3/1 9:05,外呼,2025\n"

    assert qa_engine(["batch", str(manifest(tmp_path, told)), "--check"]) == 0

    said = capsys.readouterr().out
    assert "'何时打来' looks like it: name it '开始时间'" in said
    assert "'打进打出' looks like it: name it '呼叫方向'" in said
    path = manifest(tmp_path, "录音,开始时间,呼叫方向\na.wav,2025/3/1 9:05,外呼\n")
    assert qa_engine(["batch", str(path), "--check"]) == 0
    assert "no column tells" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2025/3/1 9:05", (2025, 3, 1, 9, 5)),
        ("2025年3月1日 下午2点05分", (2025, 3, 1, 14, 5)),
        ("2025.03.01 09:05:33", (2025, 3, 1, 9, 5, 33)),
        ("2025-03-01", (2025, 3, 1)),
        ("20250301 090533", (2025, 3, 1, 9, 5, 33)),
        ("13/3/2025 9:05", (2025, 3, 13, 9, 5)),
        ("3/13/25 12:05 am", (2025, 3, 13, 0, 5)),
        ("13/12/2025", (2025, 12, 13)),
        ("12/13/2025", (2025, 12, 13)),
        ("5/12/2025", None),
        ("12/5/2025", None),
        ("１/3/2025 9:05", None),
        ("2025-13-01 9:05", None),
        ("2025-03-01 25:05", None),
        ("九点", None),
        ("8001", None),
    ],
)
def test_a_date_is_read_or_not_guessed(typed: str, read: tuple[int, ...] | None) -> None:
    assert moment(typed) == (None if read is None else datetime(*read))  # type: ignore[arg-type]


def test_the_other_rows_of_a_column_tell_which_number_is_the_month(tmp_path: Path) -> None:
    path = manifest(tmp_path, "path,date\na.wav,3/4/2025\nb.wav,3/14/2025\n")

    first, _ = read_manifest(path).checked()

    assert first.started_at is not None
    assert first.started_at.month == 3
    assert moment("3/4/2025", DayOrder.DAY_FIRST) == datetime(2025, 4, 3)


@pytest.mark.parametrize(
    ("typed", "ms"),
    [
        *(("00:03:25", 205_000), ("3:25", 205_000), ("205", 205_000), ("3分25秒", 205_000)),
        *(("1小时2分", 3_720_000), ("205.5", 205_500), ("3 min", 180_000), ("长", None)),
    ],
)
def test_a_length_is_read_in_every_spelling(typed: str, ms: int | None) -> None:
    assert duration_ms(typed) == ms


def test_a_workbook_is_a_manifest_whatever_stands_above_its_headings(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["说明", None])
    page = book.create_sheet("通话")
    page.append(["三月通话", None, None])
    page.append(["录音文件", "工号", "开始时间"])
    page.append(["a.wav", 8001.0, datetime(2025, 3, 1, 9, 5)])
    book.save(tmp_path / "calls.xlsx")

    [source] = find_sources(str(tmp_path / "calls.xlsx"))

    assert (source.agent, source.path) == ("8001", tmp_path / "a.wav")
    assert source.started_at == datetime(2025, 3, 1, 9, 5).astimezone()


def test_an_old_workbook_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "calls.xls").write_bytes(b"\xd0\xcf\x11\xe0")

    assert qa_engine(["batch", str(tmp_path / "calls.xls"), "--out", str(tmp_path / "out")]) == 2
    assert "save it as .xlsx or as CSV" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_column_that_only_looks_like_ours_can_be_kept(tmp_path: Path) -> None:
    path = manifest(tmp_path, "path,data:agnet\na.wav,x\n")

    [source] = read_manifest(path).checked()

    assert source.data == {"agnet": "x"}


def test_one_recording_of_two_agents_needs_the_length_of_each_leg(tmp_path: Path) -> None:
    path = manifest(tmp_path, "path,agent\na.wav,8001\na.wav,8002\nb.wav,8001\nb.wav,8001\n")

    read = read_manifest(path)

    assert len(read.mistakes) == 1
    assert "calls.csv:3: this recording stands in line 2 too" in read.mistakes[0]
    assert [source.path.name for source in read.sources] == ["b.wav"]


def test_what_is_left_out_of_a_folder_is_named_with_its_reason(tmp_path: Path) -> None:
    for name in (
        "ok.wav",
        "phone.3gp",
        "line.vox",
        "x.v3",
        "a.xyz",
        "b.zip",
        "c.txt",
        "d",
        "e.wav.tmp",
    ):
        (tmp_path / name).write_bytes(b"RIFF")

    found = look_for(str(tmp_path))

    assert [one.path.name for one in found.sources] == ["line.vox", "ok.wav", "phone.3gp", "x.v3"]
    told = {Path(one.name).name: one.reason for one in found.left_out}
    assert set(told) == {"a.xyz", "b.zip", "c.txt", "d", "e.wav.tmp"}
    assert "'.xyz' is not one of a recording" in told["a.xyz"]
    assert "unpack" in told["b.zip"]
    assert "--transcript" in told["c.txt"]


def test_a_dialogue_in_a_table_is_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "talk.csv").write_text("角色,内容\n坐席,您好\n", "utf-8")

    [source] = find_sources(str(tmp_path / "talk.csv"), endings=[".csv"])

    assert source.path.name == "talk.csv"


def test_further_columns_are_kept_with_the_call_and_exported(
    store_url: str, tmp_path: Path
) -> None:
    recordings(tmp_path, ["a.wav"])
    path = manifest(
        tmp_path,
        "录音文件,坐席工号,坐席姓名,通话流水号,产品,得分,备用电话\n"
        "a.wav,8001,王芳,202503010905330001,年金险,自评9,13800138000\n",
    )
    run(path, store_url)
    store = Store.open(store_url)
    write_outputs(store, find_sources(str(path)), tmp_path, pages=None)
    store.close()

    book = load_workbook(tmp_path / "calls.xlsx", read_only=True)
    head, row = book["通话"].iter_rows(values_only=True)
    book.close()
    told = dict(zip(head, row, strict=True))
    assert told["产品"] == "年金险"
    assert {"8001", "王芳"} <= set(str(told["坐席"]).replace("（", " ").replace("）", " ").split())
    assert told["通话流水号"] == "202503010905330001"
    assert told["得分*"] == "自评9"
    assert "13800138000" not in str(row)


def test_check_tells_every_problem_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recordings(tmp_path, ["a.wav"])
    (tmp_path / "empty.wav").touch()
    path = manifest(
        tmp_path,
        "path,agent,direction,started_at,script,产品\n"
        "a.wav,8001,呼入,2025/3/1 9:05,内呼,年金\n"
        "gone.wav,8001,,,,\nempty.wav,8001,,,,\nb.wav,8001,横着,昨天,销售,\n,8001,,,,\n",
    )

    assert qa_engine(["batch", "--check", str(path)]) == 2

    told = capsys.readouterr().out
    for part in (
        *("gone.wav: there is no such recording", "empty.wav: an empty file", ":5: unknown script"),
        *(
            ":5: direction is not known",
            ":5: started_at is no time",
            ":6: the row names no recording",
        ),
        *("1 recordings, 1 rows without one, 5 mistakes", "own data: 产品"),
    ):
        assert part in told


@pytest.mark.parametrize("name", ["calls.xlsx", "calls.csv"])
def test_the_template_is_a_manifest(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    recordings(tmp_path / "0301", ["8001.wav"])

    assert qa_engine(["batch", "--template", str(path)]) == 0

    assert qa_engine(["batch", "--check", str(path)]) == 0
    [source] = read_manifest(path, scripts={"inbound": "内呼"}).checked()
    assert (source.agent, source.agent_name, source.script) == ("8001", "王芳", "inbound")
    assert source.roles == (Role.AGENT, Role.CUSTOMER)
    assert source.data["满意度"] == "5"


def test_a_csv_template_opens_in_excel(tmp_path: Path) -> None:
    qa_engine(["batch", "--template", str(tmp_path / "calls.csv")])

    raw = (tmp_path / "calls.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert len(next(csv.reader(raw.decode("utf-8-sig").splitlines()))) > 5
