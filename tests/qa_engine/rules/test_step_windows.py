"""The occasions on which a step is due."""

from __future__ import annotations

from itertools import permutations

from qa_engine.rules.step_windows import JOIN_MS, Trigger, join_triggers


def said(begin_ms: int, end_ms: int) -> Trigger:
    return Trigger(begin_ms, end_ms, utterance=1, own=True)


def test_triggers_close_together_are_one_occasion_that_ends_with_the_longest() -> None:
    long, short = said(1_000, 9_000), said(2_000, 3_000)

    for order in permutations((long, short)):
        assert join_triggers(order) == [said(1_000, 9_000)]


def test_triggers_further_apart_are_two_occasions() -> None:
    first = said(1_000, 2_000)
    near, far = (said(2_000 + JOIN_MS + by, 60_000) for by in (-1, 0))

    assert join_triggers([first, near]) == [said(1_000, 60_000)]
    assert join_triggers([far, first]) == [first, far]
