"""The occasions on which a step is due."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

import phrasebook
from phrasebook.model import AnchorKind
from qa_engine.rules.step_windows import JOIN_MS, Trigger, join_triggers, windows_of


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


@pytest.mark.parametrize(
    ("from_ms", "within_ms", "opens_ms", "deadline_ms"),
    [
        (-30_000, 0, 70_000, 100_000),
        (-30_000, None, 70_000, 100_000),
        (0, 5_000, 100_000, 105_000),
        (0, -20_000, 80_000, 100_000),
        (-5_000, 2_000, 95_000, 102_000),
    ],
)
def test_a_step_at_the_end_is_due_from_so_long_before_it_until_so_long_after(
    from_ms: int, within_ms: int | None, opens_ms: int, deadline_ms: int
) -> None:
    book = phrasebook.load(phrasebook.bundled())
    last = next(step for step in book.steps if step.anchor.kind is AnchorKind.CALL_END)
    step = replace(last, from_ms=from_ms, within_ms=within_ms)

    (window,) = windows_of(step, [], end_ms=100_000)
    assert (window.opens_ms, window.deadline_ms) == (opens_ms, deadline_ms)
    assert window.at_end
