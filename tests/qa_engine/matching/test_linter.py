"""What a phrasebook's author is told before his rules meet real calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

import phrasebook as pb
from phrasebook import model
from phrasebook.conditions import read_condition
from phrasebook.model import Entry, Kind, Phrasebook, Step, Where
from qa_engine.matching import Matcher
from qa_engine.matching.linting.linter import Level, LinterFinding, false_alarms, lint_phrasebook
from tests.qa_engine.matching.calls import book, entry, near, step


def lint(*items: Entry | Step) -> list[LinterFinding]:
    return lint_book(book(*items))


def lint_book(one: Phrasebook) -> list[LinterFinding]:
    """All remarks but that the small rules of these tests have no tests of their own."""
    return [f for f in lint_phrasebook(one, Matcher(one)) if f.code != "LN010"]


def told(findings: list[LinterFinding]) -> list[tuple[str, str]]:
    return [(finding.code, finding.level.value) for finding in findings]


def test_good_entry_needs_no_remark() -> None:
    assert lint(entry("dont-know", "我[也|真的]不知道", unless=["我不知道您是否方便"])) == []


@pytest.mark.parametrize(
    ("line", "level"),
    [
        pytest.param("烦", "error", id="one character"),
        pytest.param("滚蛋", "info", id="two characters"),
        pytest.param("[你]滚蛋", "info", id="two when the option is left out"),
    ],
)
def test_short_line_is_told(line: str, level: str) -> None:
    assert ("LN001", level) in told(lint(entry("x", line)))


def test_two_characters_in_quotes_are_meant_to_the_letter() -> None:
    assert "LN001" not in dict(told(lint(entry("x", '"滚蛋"'))))


def test_short_words_with_a_gap_between_them_are_not_too_short() -> None:
    assert "LN001" not in dict(told(lint(entry("x", "包 ... 赚"))))


def test_line_that_everyday_speech_hits_tells_how_often_and_an_example() -> None:
    (finding,) = [f for f in lint(entry("x", "请问您")) if f.code == "LN002"]
    assert finding.level is not Level.INFO
    assert "请问您" in finding.message
    assert "预计每小时通话误报" in finding.message


def test_only_the_listened_to_speaker_counts_for_false_alarms() -> None:
    one = book(entry("agent", "感谢致电"), entry("customer", "感谢致电", who="customer"))
    by_agent, by_customer = false_alarms(one, Matcher(one))
    assert by_agent.hits_per_hour > 0 == by_customer.hits_per_hour


def test_expected_false_alarms_fall_with_length() -> None:
    lines = ("时间", "时间到", "时间到了吗", "时间到了吗先生")
    one = book(*(entry(line, line) for line in lines))
    rates = [rate.chance_per_hour for rate in false_alarms(one, Matcher(one))]
    assert rates == sorted(rates, reverse=True)


def test_two_characters_count_as_they_are_written_only() -> None:
    one = book(entry("two", "保修"), entry("three", "保修期"))
    two, three = false_alarms(one, Matcher(one))
    assert two.chance_per_hour < 10 * three.chance_per_hour


def test_a_gap_and_a_list_raise_the_expectation() -> None:
    one = book(entry("tight", "保修时间"), entry("loose", "保修 ... 时间"))
    tight, loose = false_alarms(one, Matcher(one))
    assert loose.chance_per_hour > tight.chance_per_hour


def test_line_that_holds_another_line_of_its_entry_is_redundant() -> None:
    findings = lint(entry("x", "我真的不知道怎么办", "不知道怎么办"))
    assert told(findings) == [("LN003", "info")]
    assert "我真的不知道怎么办" in findings[0].message


def test_line_that_always_hits_another_entry_is_told() -> None:
    findings = lint(entry("rude", "您自己看说明书"), entry("short", "自己看说明书"))
    assert told(findings) == [("LN004", "warning")]
    assert "规则 rude：" in findings[0].message
    assert "规则 short" in findings[0].message


def test_homophones_of_another_entry_clash_too() -> None:
    assert told(lint(entry("a", "登录不上去"), entry("b", "登陆不上去"))) == [
        ("LN004", "warning"),
        ("LN004", "warning"),
    ]


def test_entries_for_different_speakers_do_not_clash() -> None:
    assert lint(entry("a", "我要投诉你们"), entry("b", "我要投诉你们", who="customer")) == []


def test_suggestion_that_is_itself_forbidden_is_an_error() -> None:
    findings = lint(
        entry("dont-know", "我不知道"), entry("cannot", "我们做不到", suggest=("这个我不知道呢",))
    )
    assert told(findings) == [("LN005", "error")]
    assert "dont-know" in findings[0].message


def test_prompt_of_a_step_may_not_be_forbidden_either() -> None:
    greeting = step("greet", "您好", prompt="您好我不知道")
    assert ("LN005", "error") in told(lint(entry("dont-know", "我不知道"), greeting))


def test_what_is_forbidden_at_night_alone_may_be_said_in_a_prompt() -> None:
    greeting = step("greet", "您好", prompt="您好我不知道")
    night = replace(entry("x", "我不知道"), condition=read_condition("时刻 = 22:00-08:00"))
    assert "LN005" not in dict(told(lint(night, greeting)))


def test_suggestion_may_hold_a_customers_trigger() -> None:
    trigger = entry("media", "联系媒体", who="customer", kind=Kind.TRIGGER)
    assert lint(trigger, entry("x", "我们做不到", suggest=("请您不要联系媒体",))) == []


def test_exception_that_excuses_everything_is_an_error() -> None:
    findings = lint(entry("x", "我不知道", "我也不知道", unless=["不知道"]))
    assert told(findings) == [("LN006", "error")]


def test_exception_that_excuses_one_line_names_it() -> None:
    (finding,) = lint(entry("x", "我不清楚这个", "我们做不到", unless=["我不清楚"]))
    assert (finding.code, finding.level) == ("LN006", Level.ERROR)
    assert "“我不清楚这个”永远不会命中" in finding.message


def test_exception_that_shares_no_word_can_never_apply() -> None:
    findings = lint(entry("x", "我不知道", unless=["仅供参考"]))
    assert told(findings) == [("LN007", "info")]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(entry("x", "我不知道", unless=[near("仅供参考", 6)]), id="near"),
        pytest.param(entry("x", "承诺 ... 收益", unless=["不"]), id="inside the gap"),
        pytest.param(entry("x", "承诺收益", unless=["不承诺"]), id="overlapping on the left"),
        pytest.param(entry("x", "承诺收益", unless=["收益与风险"]), id="overlapping on the right"),
    ],
)
def test_exception_that_can_touch_a_hit_is_fine(rule: Entry) -> None:
    assert "LN007" not in dict(told(lint(rule)))


def test_line_with_very_many_ways_is_told() -> None:
    one = book(entry("x", "{甲}{甲}{甲}{甲}{甲}{甲}不行啊"))
    lists = {"甲": tuple(map(pb.parse, ("真", "确", "实", "在")))}
    many = Phrasebook(name="n", version="1", entries=one.entries, lists=lists)
    assert ("LN008", "warning") in told(lint_book(many))


def test_findings_come_worst_first_and_name_their_line() -> None:
    early, late = Where(path="b.yaml", line=3), Where(path="a.yaml", line=9)
    findings = lint(entry("x", "滚蛋", where=late), entry("y", "烦", where=early))
    assert [finding.level for finding in findings] == sorted(
        (finding.level for finding in findings), key=["error", "warning", "info"].index
    )
    assert str(findings[0]).startswith("b.yaml:3: [LN001] error: 规则 y：“烦”太短")


def test_cell_is_named_where_there_is_one() -> None:
    sheet = Where(path="book.xlsx", line=7, cell="entries!B7")
    (finding, *_) = lint(entry("x", "烦", where=sheet))
    assert str(finding).startswith("book.xlsx[entries!B7]: [LN001]")


@pytest.mark.parametrize(
    "line", ["不能退、不可以退、退不了", "傻逼/白痴", "办不了；做不到", "甲乙／丙丁"]
)
def test_sayings_listed_in_one_line_are_told_to_be_dead(line: str) -> None:
    (finding,) = [f for f in lint(entry("x", line)) if f.code == "LN009"]
    assert finding.level is Level.WARNING
    assert "|" in finding.message


@pytest.mark.parametrize(
    "line", ["首先，其次", "24/7服务热线", "请访问a.com/pay页面", "(不能退|退不了)"]
)
def test_punctuation_that_parts_nothing_is_not_told(line: str) -> None:
    assert "LN009" not in dict(told(lint(entry("x", line))))


def test_rule_without_tests_is_remarked() -> None:
    bare, tested = (
        entry("a", "我不知道"),
        entry("b", "我们做不到", tests=model.Tests(hit=("我们做不到",))),
    )
    one = book(bare, tested)
    remarks = [f for f in lint_phrasebook(one, Matcher(one)) if f.code == "LN010"]
    assert [(f.level, "规则 a" in f.message) for f in remarks] == [(Level.INFO, True)]


def test_line_that_asks_for_an_edge_makes_no_other_line_redundant() -> None:
    findings = lint(entry("x", "投诉你们$", "我要投诉你们公司"))
    assert "LN003" not in dict(told(findings))
