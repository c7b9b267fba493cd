"""What a QA lead tried first: threats, refusing a supervisor, accusing, guarantees, police."""

from __future__ import annotations

from collections import Counter

import pytest

import phrasebook
from benchmarks.language import CORPUS, Bench
from models.judging.examples import Example, SaidLine, examples
from qa_engine.events import Decision, Hit, Tier
from qa_engine.rules.counting import standing_of_hit

ROWS = list(examples(CORPUS / "train" / "tried.jsonl"))


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def kept(bench: Bench, row: Example) -> list[Hit]:
    """The hits of the row's own rule that are kept."""
    return [
        hit
        for hit in bench.findings((SaidLine(row.role, row.line),))[0]
        if hit.rule == row.rule and hit.decision is Decision.KEPT and hit.tier is not Tier.MEANING
    ]


def test_each_kind_is_seen_however_worded_and_its_near_misses_are_left_alone(bench: Bench) -> None:
    missed = Counter(row.rule for row in ROWS if row.breach and not kept(bench, row))
    wrong = [row.line for row in ROWS if not row.breach and kept(bench, row)]

    assert wrong == []
    assert not missed or max(missed.values()) <= 2


def test_each_kind_has_fifteen_breaches_and_ten_near_misses() -> None:
    breaches = Counter(row.rule for row in ROWS if row.breach)
    near_misses = Counter(row.rule for row in ROWS if not row.breach)

    assert breaches.keys() == near_misses.keys()
    assert min(breaches.values()) >= 15
    assert min(near_misses.values()) >= 10


def test_a_threat_fails_the_call_where_it_was_surely_said(bench: Bench) -> None:
    rule = next(
        e for e in phrasebook.load(phrasebook.bundled()).entries if e.title == "威胁恐吓客户"
    )
    row = next(row for row in ROWS if row.rule == rule.id and row.breach)

    [hit, *_] = kept(bench, row)

    assert rule.fatal
    assert hit.fatal
    assert standing_of_hit(hit).counts
