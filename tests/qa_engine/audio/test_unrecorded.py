"""Digital silence is a pause of the recorder, where the line has noise of its own."""

from __future__ import annotations

import numpy as np
import pytest

from models.recogniser import Samples
from qa_engine.audio.damage import Gap
from qa_engine.audio.unrecorded import Unrecorded

RATE = 16_000
NOISE = 0.0005


def line(seconds: float, *, noise: float = NOISE, loud: float = 0.0, channels: int = 2) -> Samples:
    rng = np.random.default_rng(round(seconds * 10))
    shape = channels, round(seconds * RATE)
    return np.asarray(rng.normal(0, 1, shape) * max(noise, loud), np.float32)


def nothing(seconds: float) -> Samples:
    return np.zeros((2, round(seconds * RATE)), np.float32)


def gaps(*parts: Samples, block: int = RATE) -> list[Gap]:
    found, whole = Unrecorded(), np.concatenate(parts, axis=1)
    for begin in range(0, whole.shape[1], block):
        found.feed(whole[:, begin : begin + block])
    return found.gaps


@pytest.mark.parametrize("block", [RATE, 333])
def test_seconds_of_nothing_on_a_line_with_noise_are_not_recorded(block: int) -> None:
    talk = line(5, loud=0.1)
    assert gaps(talk, line(2), nothing(12), talk, block=block) == [Gap(7_000, 19_000)]
    assert gaps(talk, line(2), nothing(30), block=block) == [Gap(7_000, 37_000)]


def test_one_silent_channel_is_not_nothing() -> None:
    half = line(12)
    half[0] = 0.0
    assert gaps(line(5, loud=0.1), line(2), half) == []


def test_a_line_that_is_digitally_silent_in_its_pauses_says_nothing_by_it() -> None:
    talk = line(2, loud=0.1)
    pauses = [part for _ in range(4) for part in (talk, nothing(0.8))]
    assert gaps(*pauses, line(2), nothing(12), talk) == []
    assert gaps(talk, nothing(20), talk) == [], "a synthetic voice, without any noise"


def test_a_short_pause_is_one() -> None:
    assert gaps(line(5, loud=0.1), line(2), nothing(2.5), line(5)) == []
