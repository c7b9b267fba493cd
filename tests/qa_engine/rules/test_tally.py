"""One definition of 违规点, 客户触发 and 待复核点."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from qa_engine.rules.counting import Effect
from qa_engine.rules.tally import CountedAs, Tally, counted_as, tally
from tests.qa_engine.report.sample import sample_report


@dataclass(frozen=True)
class Found:
    kind: str
    effect: Effect


@pytest.mark.parametrize(
    ("kind", "effect", "count"),
    [
        ("forbidden", Effect.COUNTED, CountedAs.BREACH),
        ("trigger", Effect.COUNTED, CountedAs.TRIGGER),
        ("forbidden", Effect.WAITING, CountedAs.WAITING),
        ("trigger", Effect.WAITING, CountedAs.WAITING),
        ("forbidden", Effect.NOT_COUNTED, CountedAs.NOTHING),
        ("trigger", Effect.NOT_COUNTED, CountedAs.NOTHING),
        ("note", Effect.COUNTED, CountedAs.NOTHING),
    ],
)
def test_a_finding_adds_to_one_count_at_most(kind: str, effect: Effect, count: CountedAs) -> None:
    assert counted_as(kind, effect) is count
    total = tally([Found(kind, effect)])
    assert total.breaches + total.triggers + total.waiting == (count is not CountedAs.NOTHING)


def test_a_call_without_findings_counts_nothing() -> None:
    assert tally([]) == Tally()


def test_a_rule_said_twice_in_one_breath_is_one_of_its_count() -> None:
    report = sample_report()
    assert len(report.hits) == 6
    assert report.tally == Tally(breaches=3, triggers=1, waiting=0)
