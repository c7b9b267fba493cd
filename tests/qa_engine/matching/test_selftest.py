"""A phrasebook's own tests: what must hit, what must miss, and what is said when they fail."""

from __future__ import annotations

from phrasebook import model
from phrasebook.model import Entry, Step
from qa_engine.matching import Matcher
from qa_engine.matching.linting.findings import Level, LinterFinding
from qa_engine.matching.linting.selftest import run_tests
from tests.qa_engine.matching.calls import book, entry, step


def run(*items: Entry | Step) -> list[LinterFinding]:
    one = book(*items)
    return run_tests(one, Matcher(one))


def test_entry_that_keeps_its_promises_says_nothing() -> None:
    promises = model.Tests(hit=("这个我不知道啊", "我不之道"), miss=("我知道了",))
    assert run(entry("x", "我不知道", tests=promises)) == []


def test_missed_hit_is_an_error_at_the_entrys_line() -> None:
    (finding,) = run(entry("x", "我不知道", tests=model.Tests(hit=("我们做不到",))))
    assert (finding.level, finding.code) == (Level.ERROR, "ST001")
    assert str(finding).startswith("rules.yaml:7: [ST001] error: 规则 x：“我们做不到”应当命中")


def test_hit_that_should_miss_says_what_was_hit() -> None:
    (finding,) = run(entry("x", "我不知道", tests=model.Tests(miss=("这个我不知道啊",))))
    assert finding.code == "ST002"
    assert "却命中了“我不知道”" in finding.message


def test_hit_of_another_entry_does_not_count() -> None:
    other = entry("y", "我们做不到")
    (finding,) = run(entry("x", "我不知道", tests=model.Tests(hit=("我们做不到",))), other)
    assert finding.code == "ST001"


def test_quoted_sentence_misses_and_says_so_when_it_should_hit() -> None:
    assert run(entry("x", "我不知道", tests=model.Tests(miss=("您说我不知道对吗",)))) == []
    (finding,) = run(entry("x", "我不知道", tests=model.Tests(hit=("您说我不知道对吗",))))
    assert "quoted: flag" in finding.message


def test_entry_that_flags_quotations_hits_them() -> None:
    promises = model.Tests(hit=("您说我不知道对吗",))
    assert run(entry("x", "我不知道", skip_quoted=False, tests=promises)) == []


def test_steps_have_tests_too() -> None:
    promises = model.Tests(hit=("很高兴为您服务",), miss=("再见",))
    assert run(step("greet", "为您服务", tests=promises)) == []
    (finding,) = run(step("greet", "为您服务", tests=model.Tests(hit=("再见",))))
    assert finding.code == "ST001"


def test_step_and_entry_of_one_name_are_kept_apart() -> None:
    rule = entry("same", "我不知道", tests=model.Tests(hit=("为您服务",)))
    (finding,) = run(rule, step("same", "为您服务"))
    assert finding.code == "ST001"
