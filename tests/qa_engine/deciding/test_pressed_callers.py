"""Dismissal, daring to complain, a whole card number, false urgency: found however worded."""

from __future__ import annotations

from collections import Counter

import pytest

from benchmarks.language import ASIDE, CORPUS, Bench
from models.judging.examples import Example, SaidLine, examples
from qa_engine.events import Decision, Tier


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


def is_kept(bench: Bench, row: Example) -> bool:
    hits = bench.findings((SaidLine(row.role, row.line),))[0]
    return any(
        hit.decision is Decision.KEPT and hit.tier is not Tier.MEANING and hit.rule != ASIDE
        for hit in hits
    )


@pytest.mark.parametrize(
    ("part", "found", "wrong"), [("train/pressed", 0.95, 0.0), ("pressed/unread", 0.8, 0.12)]
)
def test_a_caller_under_pressure_is_seen_and_plain_speech_is_left_alone(
    bench: Bench, part: str, found: float, wrong: float
) -> None:
    rows = list(examples(CORPUS / f"{part}.jsonl"))
    count = Counter(row.breach for row in rows)

    kept = Counter(row.breach for row in rows if is_kept(bench, row))

    assert kept[True] >= found * count[True]
    assert kept[False] <= wrong * count[False]


def test_each_kind_has_twenty_breaches_and_near_misses() -> None:
    rows = [
        row
        for part in ("train/pressed", "pressed/unread")
        for row in examples(CORPUS / f"{part}.jsonl")
    ]

    for breach in (True, False):
        count = Counter(row.rule for row in rows if row.breach is breach)
        assert len(count) == 4
        assert min(count.values()) >= 20
