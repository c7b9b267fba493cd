"""κ against worked examples and against what it must mean."""

from __future__ import annotations

import pytest

from api.review.judging.agreement import cohen, fleiss


def test_cohens_worked_example() -> None:
    """20 and 15 agreed of 50, marginals 25/25 and 30/20: κ = (0.7 - 0.5) / 0.5."""
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15

    assert cohen(pairs) == pytest.approx(0.4)


def test_fleiss_own_example() -> None:
    """Ten subjects, fourteen raters, five categories: κ = .21 (Fleiss 1971)."""
    counts = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    subjects = [[str(c) for c, n in enumerate(row) for _ in range(n)] for row in counts]

    assert fleiss(subjects) == pytest.approx(0.210, abs=0.001)


def test_full_agreement_is_one_and_less_than_chance_is_below_zero() -> None:
    assert cohen([("a", "a"), ("b", "b")]) == 1.0
    assert fleiss([["a", "a", "a"], ["b", "b", "b"]]) == 1.0
    low = cohen([("a", "b"), ("b", "a")])
    assert low is not None
    assert low < 0


@pytest.mark.parametrize("subjects", [[], [["a"]], [["a", "a"], ["a", "a"]]])
def test_where_nothing_can_be_said_kappa_says_nothing(subjects: list[list[str]]) -> None:
    assert fleiss(subjects) is None
