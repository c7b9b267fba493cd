"""A share of the reviews is judged twice: which ones, nobody can choose or guess by trying again."""

from __future__ import annotations

import pytest

from api.review.judging.submitting import _drawn

CALLS = [f"call-{number}" for number in range(4_000)]


def drawn(share: float) -> set[str]:
    return {call for call in CALLS if _drawn(call, share)}


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_about_that_share_of_the_calls_is_drawn_and_the_same_each_time(share: float) -> None:
    found = drawn(share)

    # Five standard deviations of as many throws.
    off = 5 * (share * (1 - share) / len(CALLS)) ** 0.5
    assert abs(len(found) / len(CALLS) - share) < off
    assert drawn(share) == found


def test_none_is_drawn_of_nothing_and_every_call_of_all() -> None:
    assert drawn(0.0) == set()
    assert drawn(1.0) == set(CALLS)


def test_a_larger_share_keeps_what_a_smaller_one_drew() -> None:
    assert drawn(0.05) < drawn(0.25) < drawn(0.5)
