"""Which recordings a batch means, and what a manifest may say of them."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.batch.names import shown
from api.batch.sources import SourceError, find_sources
from qa_engine.events import Role


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"RIFF")


def names(where: str | Path) -> list[str]:
    return [source.path.name for source in find_sources(str(where))]


def test_a_folder_is_read_with_all_below_it(tmp_path: Path) -> None:
    touch(tmp_path, "b.wav", "deep/er/a.MP3", "notes.txt", ".hidden.wav")

    assert names(tmp_path) == ["b.wav", "a.MP3"]


def test_a_glob_chooses(tmp_path: Path) -> None:
    touch(tmp_path, "1/a.wav", "2/a.wav", "2/b.flac")

    assert names(tmp_path / "**" / "a.wav") == ["a.wav", "a.wav"]


@pytest.mark.parametrize("where", ["", "nothing/", "*.wav", "missing.wav"])
def test_nothing_to_do_is_told(tmp_path: Path, where: str) -> None:
    (tmp_path / "nothing").mkdir()

    with pytest.raises(SourceError, match="no recordings here"):
        find_sources(str(tmp_path / where))


def test_a_link_that_leads_back_is_followed_once(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.wav", "a/b/2.wav")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.wav").symlink_to(tmp_path / "self.wav")

    assert names(tmp_path) == ["1.wav", "2.wav", "self.wav"]


def test_a_folder_that_is_closed_is_told_as_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch(tmp_path, "open/1.wav", "closed/2.wav")
    look = os.scandir

    def refuse(where: str) -> object:
        if Path(where).name == "closed":
            raise PermissionError(13, "Permission denied", where)
        return look(where)

    # A mode of 0 would not keep root out.
    monkeypatch.setattr(os, "scandir", refuse)

    assert names(tmp_path) == ["closed", "1.wav"]


def test_a_manifest_says_who_and_when(tmp_path: Path) -> None:
    manifest = tmp_path / "calls.csv"
    manifest.write_text(
        "path,agent,team,customer,direction,started_at,script,roles\n"
        '"one, two.wav",王芳,一组,张三,inbound,2026-11-20T09:30:00+08:00,complaint,坐席,客户\n'.replace(
            "坐席,客户", '"坐席,客户"'
        ),
        "utf-8",
    )

    [source] = find_sources(str(manifest), scripts={"complaint": "投诉处理"})

    assert source.path == tmp_path / "one, two.wav"
    assert (source.agent, source.team, source.direction) == ("王芳", "一组", "inbound")
    assert source.started_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert source.roles == (Role.AGENT, Role.CUSTOMER)


def test_a_manifest_that_excel_saved_in_china_is_read(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_bytes("path,agent\r\na.wav,王芳\r\n".encode("gb18030"))

    assert find_sources(str(tmp_path / "calls.csv"))[0].agent == "王芳"


def test_a_name_with_a_line_break_is_one_cell(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text('path,agent\n"a\nb.wav",x\n', "utf-8")

    assert names(tmp_path / "calls.csv") == ["a\nb.wav"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nr,agent\n1,x\n", "1: no column 'path'"),
        ("path,agnet\na.wav,x\n", "1: unknown column 'agnet'; did you mean 'agent'?"),
        ("path,script\na.wav,sales\n", "2: unknown script; this phrasebook has inbound"),
        ("path,started_at\na.wav,yesterday\n", "2: started_at is no time"),
        ("path,roles\na.wav,boss\n", "2: roles: expected agent,customer"),
        ("path,agent\n,x\n", "none of 1 rows names a recording in 'path'"),
        ("path,agent\na.wav,x,y\n", "2: more cells than columns"),
        ("path,agent\na.wav,x\n\na.wav,y\n", "4: this recording stands in line 2 too"),
        (f"path,agent\na.wav,{'x' * 101}\n", "2: agent is not a name of up to 100"),
        ("path\n", "no rows below the header"),
        ("", "1: no column 'path'"),
        ('path\n"a.wav\n', "not CSV"),
        ("path\na\0.wav\n", "2: path is not a name"),
    ],
)
def test_a_mistake_in_a_manifest_is_told_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "calls.csv").write_text(text, "utf-8")

    with pytest.raises(SourceError) as caught:
        find_sources(str(tmp_path / "calls.csv"), scripts={"inbound": "内呼"})
    assert said in str(caught.value)


def test_all_mistakes_are_told_at_once_but_not_ten_thousand(tmp_path: Path) -> None:
    rows = "".join(f"{n}.wav,nonsense\n" for n in range(10_000))
    (tmp_path / "calls.csv").write_text(f"path,roles\n{rows}", "utf-8")

    with pytest.raises(SourceError) as caught:
        find_sources(str(tmp_path / "calls.csv"))
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1].endswith("and 9980 more")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a.wav", "a.wav"),
        ("录音😀.wav".encode(), "录音😀.wav"),
        (b"a\nb.wav", "a\\nb.wav"),
        (b"\xff\xfe.wav", "\\xff\\xfe.wav"),
        (b"a\\xff.wav", "a\\\\xff.wav"),
        ("a\u202evaw.exe".encode(), "a\\u202evaw.exe"),
        (b"=cmd().wav", "=cmd().wav"),
    ],
)
def test_any_name_can_be_shown_and_stored(raw: bytes, text: str) -> None:
    assert shown(Path(os.fsdecode(raw))) == text
