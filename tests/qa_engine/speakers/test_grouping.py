from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from qa_engine.speakers.grouping import MOST_VOICES, group


def voice(number: int, *, count: int, spread: float = 0.25, seed: int = 0) -> NDArray[np.float32]:
    """Unit vectors around one of several directions that lie as far apart as two people do."""
    rng = np.random.default_rng(seed + number)
    centre = np.full(64, 0.1)
    centre[number * 4 : number * 4 + 4] += 0.25
    points = centre + rng.normal(0, spread / 8, (count, 64))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def voices_in(*parts: NDArray[np.float32]) -> int:
    points = np.concatenate(parts)
    found = group(points, np.full(len(points), 1_000.0))
    assert found is not None
    return found.voices


@pytest.mark.parametrize("people", [1, 2, 3])
def test_as_many_voices_are_found_as_there_are(people: int) -> None:
    assert voices_in(*(voice(n, count=12) for n in range(people))) == people


def test_one_odd_window_is_no_voice() -> None:
    assert voices_in(voice(0, count=30), voice(1, count=1)) == 1


def test_there_is_a_limit_to_the_voices_of_one_call() -> None:
    assert voices_in(*(voice(n, count=10) for n in range(8))) <= MOST_VOICES


def test_what_lies_between_two_voices_is_no_third() -> None:
    one, other = voice(0, count=12), voice(1, count=12)
    between = one[:6] + other[:6]
    between /= np.linalg.norm(between, axis=1, keepdims=True)
    assert voices_in(one, other, between) == 2


def test_a_few_windows_tell_nothing() -> None:
    assert group(voice(0, count=3), np.ones(3)) is None


def test_the_order_of_windows_changes_no_voice() -> None:
    points = np.concatenate([voice(0, count=9), voice(1, count=7)])
    weights = np.full(len(points), 1_000.0)
    shuffled = np.random.default_rng(1).permutation(len(points))
    ordered, mixed = group(points, weights), group(points[shuffled], weights)
    assert ordered is not None
    assert mixed is not None
    assert np.allclose(ordered.centres, mixed.centres, atol=1e-4)
