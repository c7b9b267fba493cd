from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook import Code, Phrasebook, PhrasebookErrors, files, load, model, parse, to_yaml
from phrasebook.model import (
    Anchor,
    AnchorKind,
    Audience,
    Exception_,
    Kind,
    Relation,
    Severity,
    Speaker,
    Strictness,
    When,
    Where,
)
from tests.phrasebook.strategies import phrasebooks, without_places

FULL = """
pack: {name: demo, version: 1.0, default_script: inbound, hotwords: 尊享计划，犹豫期}
lists: {部门: [技术部门, 财务部门]}
entries:
  - id: dont-know
    title: 直接说不知道
    source: S1.1
    say: [我真的不知道, "(这个|这事) ... 不清楚"]
    who: 坐席
    kind: 禁用
    when: first 30s
    unless:
      - 不是不知道
      - {near: [历史业绩, 仅供参考], within: 20}
      - {before: {who: 客户, say: 收到}, within: 90s}
      - {after: {say: 抱歉}}
    before: {who: 客户, say: 投诉, within: 30秒}
    quoted: 标记
    strict: 严
    severity: 致命
    audience: 复核
    suggest: 让我帮您查询一下相关信息
    coach: 先查再答
    points: 5
    fatal: 是
    tests: {hit: [我真的不知道], miss: [我知道]}
  - must: 本次通话[将|会]被录音
    when: first 30s
steps:
  - {id: thanks, say: 感谢, anchor: 'step:本次通话将会被录音', from: 1s, within: 2分钟}
  - {id: sorry, say: 抱歉, anchor: '命中：dont-know', required: 否, after: thanks}
  - {id: bye, say: 再见, anchor: 通话结束, within: 30s}
scripts: [{id: inbound, title: 内呼, steps: [thanks, bye]}]
conduct: {rate_high_cpm: 300, silence: 20s}
scorecard:
  total: 50
  items: [{id: voice, title: 语速, group: 语音表达, points: 50, feeds: [conduct.speech_rate, "dont*"]}]
"""


@pytest.fixture
def book(tmp_path: Path) -> Phrasebook:
    (tmp_path / "pack.yaml").write_text(FULL, encoding="utf-8")
    return load(tmp_path)


def test_an_entry_holds_everything_that_was_typed(book: Phrasebook, tmp_path: Path) -> None:
    (entry,) = book.entries
    assert entry.say == (parse("我真的不知道"), parse("(这个|这事) ... 不清楚"))
    assert entry.when == When(first_ms=30_000)
    assert entry.unless == (
        Exception_(pattern=parse("不是不知道")),
        Exception_(pattern=parse("历史业绩"), near_chars=20),
        Exception_(pattern=parse("仅供参考"), near_chars=20),
    )
    required, excusing = entry.before
    assert required == Relation(say=(parse("投诉"),), who=Speaker.CUSTOMER, within_ms=30_000)
    assert (excusing.excuses, excusing.within_ms) == (True, 90_000)
    assert entry.after == (Relation(say=(parse("抱歉"),), excuses=True),)
    assert (entry.who, entry.kind, entry.strict) == (
        Speaker.AGENT,
        Kind.FORBIDDEN,
        Strictness.STRICT,
    )
    assert (entry.severity, entry.audience) == (Severity.CRITICAL, Audience.REVIEW)
    assert (entry.skip_quoted, entry.fatal, entry.points) == (False, True, 5.0)
    assert entry.suggest == ("让我帮您查询一下相关信息",)
    assert entry.tests == model.Tests(hit=("我真的不知道",), miss=("我知道",))
    assert entry.where == Where(path=str(tmp_path / "pack.yaml"), line=5)


def test_must_is_a_step_named_by_its_words(book: Phrasebook) -> None:
    step = book.steps[0]
    assert step.id == "本次通话将会被录音"
    assert step.anchor == Anchor(kind=AnchorKind.CALL_START)
    assert (step.from_ms, step.within_ms, step.required) == (0, 30_000, True)


def test_steps_hang_on_steps_hits_and_the_end_of_the_call(book: Phrasebook) -> None:
    _, thanks, sorry, bye = book.steps
    assert thanks.anchor == Anchor(kind=AnchorKind.STEP, ref="本次通话将会被录音")
    assert (thanks.from_ms, thanks.within_ms) == (1_000, 120_000)
    assert sorry.anchor == Anchor(kind=AnchorKind.HIT, ref="dont-know")
    assert (sorry.required, sorry.after) == (False, ("thanks",))
    assert (bye.from_ms, bye.within_ms) == (-30_000, 0)


def test_settings_scripts_and_scorecard_are_read(book: Phrasebook) -> None:
    assert book.version.startswith("1.0+")
    assert book.lists == {"部门": (parse("技术部门"), parse("财务部门"))}
    assert (book.conduct.rate_high_cpm, book.conduct.silence_ms) == (300, 20_000)
    assert book.default_script == "inbound"
    assert book.hotwords == "尊享计划 犹豫期"
    assert book.scripts[0].steps == ("thanks", "bye")
    assert (book.scorecard.total, book.scorecard.pass_score) == (50.0, 42.5)
    assert book.scorecard.items[0].feeds == ("conduct.rate", "dont*")


def test_scalars_mean_what_they_look_like(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "pack: {version: 1.10}\nentries: [{id: no, say: 12315, suggest: yes, fatal: ~}]\n"
    )
    book = load(path)
    assert book.version.startswith("1.10+")
    assert (book.entries[0].id, book.entries[0].suggest) == ("no", ("yes",))
    assert book.entries[0].say == (parse("12315"),)


def test_the_files_of_a_directory_are_one_pack(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("steps: [{id: s, say: 好, anchor: 'hit:e'}]")
    (tmp_path / "a.yaml").write_text("entries: [{id: e, say: 不, suggest: 好}]")
    (tmp_path / "empty.yaml").write_text("# 以后再写\n")
    (tmp_path / "notes.txt").write_text("不是话术")
    book = load(tmp_path)
    assert ([e.id for e in book.entries], [s.id for s in book.steps]) == (["e"], ["s"])
    assert book.name == tmp_path.name


def told(path: Path) -> list[tuple[int, Code]]:
    with pytest.raises(PhrasebookErrors) as caught:
        load(path)
    return [(error.line, error.code) for error in caught.value.errors]


def test_a_missing_path_an_empty_folder_and_a_folder_as_file_are_told(tmp_path: Path) -> None:
    assert told(tmp_path / "none") == [(0, Code.MISSING_PATH)]
    assert told(tmp_path) == [(0, Code.EMPTY_PACK)]
    (tmp_path / "dir.yaml").mkdir()
    assert told(tmp_path) == [(0, Code.UNREADABLE)]


def test_gbk_text_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "gbk.yaml"
    path.write_bytes(b"pack: {}\nentries:\n- say: " + "我不知道".encode("gbk"))
    with pytest.raises(PhrasebookErrors, match="save it as UTF-8") as caught:
        load(path)
    assert [(e.line, e.code) for e in caught.value.errors] == [(3, Code.ENCODING)]


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfpack: {name: x}")
    assert load(path).name == "x"


@pytest.mark.parametrize("name", ["big.yaml", "big.csv"])
def test_a_file_too_large_is_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = tmp_path / name
    path.write_text("pack: {name: x}")
    monkeypatch.setattr(files, "MAX_FILE_BYTES", 10)
    assert told(path) == [(0, Code.TOO_LARGE)]


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.yaml"
    rows = ["a: &a [lol, lol]"]
    rows += [f"{c}: &{c} [*{b}, *{b}]" for b, c in zip("abcdefgh", "bcdefghi", strict=True)]
    path.write_text("\n".join(rows))
    assert {code for _, code in told(path)} == {Code.YAML_FEATURE, Code.UNKNOWN_KEY}


def test_a_broken_file_does_not_make_the_names_of_another_unknown(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("entries: [")
    (tmp_path / "b.yaml").write_text("steps: [{id: s, say: 好, anchor: 'hit:in-a', within: 9}]")
    assert {code for _, code in told(tmp_path)} == {Code.SYNTAX, Code.BAD_DURATION}


def test_a_section_in_two_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("pack: {name: x}")
    (tmp_path / "b.yaml").write_text("\npack: {name: y}")
    assert told(tmp_path) == [(2, Code.SECOND_SECTION)]


@given(phrasebooks())
@settings(max_examples=25, deadline=None)
def test_a_dumped_pack_loads_as_the_same_pack(book: Phrasebook) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text(to_yaml(book), encoding="utf-8")
        assert without_places(load(path)) == book


LINES = FULL.splitlines()
DAMAGE = (
    "[]",
    "{}",
    "~",
    "''",
    "[[]]",
    "{a: b}",
    "-1",
    "nan",
    "1e400",
    "[~]",
    "{~: x}",
    "? x",
    "[",
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(DAMAGE)), min_size=1, max_size=3
    )
)
@settings(max_examples=150, deadline=None)
def test_a_damaged_pack_loads_or_is_told_and_never_crashes(damage: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for at, value in damage:
        key, colon, _ = lines[at].partition(":")
        lines[at] = f"{key}{colon} {value}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pack.yaml"
        path.write_text("\n".join(lines), encoding="utf-8")
        with contextlib.suppress(PhrasebookErrors):
            assert load(path).version


def test_importing_the_room_loads_no_heavy_library() -> None:
    code = "import sys, phrasebook; print({'yaml', 'openpyxl', 'rapidfuzz'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
