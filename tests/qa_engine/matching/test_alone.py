"""One sentence, and a rule that asks for more: limits are looked at, and what is not is named."""

from __future__ import annotations

import pytest

from phrasebook import load_text, model
from phrasebook.model import Entry
from qa_engine.matching import Matcher
from qa_engine.matching.jsonl import match_lines
from qa_engine.matching.linting.alone import beyond_a_sentence
from qa_engine.matching.linting.selftest import run_tests, why_missed
from tests.qa_engine.matching.calls import book, entry

PAID = "{id: paid, say: '(赔|退) 您 {金额}', suggest: 我帮您核实, %s}"
UNSURE = "(不能|不一定|不保证)…8全额赔"


def rules(keys: str) -> model.Phrasebook:
    return load_text(f"pack: {{name: x, version: '1'}}\nentries:\n  - {PAID % keys}\n", "x")


def failures(keys: str) -> list[str]:
    one = rules(keys)
    return [found.message for found in run_tests(one, Matcher(one))]


@pytest.mark.parametrize("limit", ["金额 > 2000", "金额 >= 2000"])
def test_a_test_that_must_miss_may_be_within_a_limit(limit: str) -> None:
    tests = "tests: {hit: [我们赔您三千块], miss: [我们赔您八百块]}"
    assert failures(f"limit: {limit}, {tests}") == []


def test_a_test_that_must_hit_and_stays_within_the_limit_is_told_so() -> None:
    (told,) = failures("limit: 金额 > 2000, tests: {hit: [我们赔您八百块]}")

    assert "没有金额符合 limit：金额 > 2000" in told
    assert "请补一条 say" not in told


def test_a_limit_that_is_the_calls_data_is_not_looked_at_and_said_so() -> None:
    (told,) = failures("limit: 金额 > 权限, tests: {miss: [我们赔您八百块]}")

    assert "不看 limit" in told


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ("times: 至少 3 次", "times"),
        ("before: {who: 客户, say: 不需要}", "before"),
        ("after: {who: 客户, say: 不需要}", "after"),
        ("if: 方向 = 呼出", "if"),
        ("when: 最后 30 秒", "when"),
    ],
)
def test_conditions_that_a_sentence_tells_nothing_about_are_named(keys: str, named: str) -> None:
    (rule,) = rules(keys).entries
    assert beyond_a_sentence(rule) == (named,)
    (told,) = failures(f"{keys}, tests: {{miss: [我们赔您八百块]}}")
    assert f"不看 {named}" in told

    (row,) = match_lines(["我们赔您八百块"], Matcher(rules(keys)), rules(keys))

    assert [hit["not_looked_at"] for hit in row["hits"]] == [[named]]


def test_a_line_within_the_limit_is_held_back_with_the_reason() -> None:
    one = rules("limit: 金额 > 2000")

    small, large = match_lines(["我们赔您八百块", "我们赔您三千块"], Matcher(one), one)

    assert (small["hits"], [hit["decision"] for hit in large["hits"]]) == ([], ["kept"])
    assert "limit：金额 > 2000" in small["held_back"][0]["reason_zh"]
    assert "not_looked_at" not in large["hits"][0]


def excusing() -> Entry:
    return entry("full", "全额赔", unless=[UNSURE])


def test_an_excused_sentence_is_told_what_excused_it_and_nothing_is_advised_against_that() -> None:
    one = book(excusing())

    told = why_missed(one, Matcher(one), excusing(), "这个不一定能全额赔的")

    assert told == f"“全额赔”符合说法，被例外（unless “{UNSURE}”）排除"


def test_an_excused_sentence_under_hit_is_told_the_same() -> None:
    rule = entry("full", "全额赔", unless=[UNSURE], tests=model.Tests(hit=("不一定能全额赔",)))
    one = book(rule)

    (found,) = run_tests(one, Matcher(one))

    assert "应当命中，却没有命中；“全额赔”符合说法，被例外" in found.message


def test_a_sentence_that_nobody_said_should_hit_is_not_said_to_have_failed() -> None:
    one = book(excusing())

    told = why_missed(one, Matcher(one), excusing(), "今天天气很好")

    assert told == "没有一条说法与它相近，所以没有命中；要算命中，请补一条 say"


def test_words_that_hit_without_counting_are_told_what_else_the_rule_asks_for() -> None:
    one = rules("times: 至少 3 次")

    told = why_missed(one, Matcher(one), one.entries[0], "我们赔您八百块")

    assert told == "说法本身命中，但这条规则还要看 times，这里不成立或无从知道"
