from __future__ import annotations

import numpy as np
import pytest

from qa_engine.hearing.accounting import Accounting
from qa_engine.hearing.ear import Ear, Window
from qa_engine.hearing.policy import EndpointPolicy, PartialPolicy

LEVEL = 0.1


def windows(pattern: str, *, partials: PartialPolicy | None = None) -> list[Window]:
    """`#` is a frame of speech at -20 dBFS, `.` one of silence."""
    ear = Ear(EndpointPolicy(), partials, Accounting())
    heard = []
    for frame in pattern:
        loud = frame == "#"
        samples = np.full(512, LEVEL if loud else 0.0, np.float32)
        heard += ear.feed(samples, 0.9 if loud else 0.05)
    return [window for window in [*heard, *ear.close()] if isinstance(window, Window)]


def test_a_final_holds_the_utterance_and_a_little_around_it() -> None:
    (final,) = windows("." * 20 + "#" * 30 + "." * 30)
    assert final.begin_ms == (20 - 16) * 32
    assert (final.speech_begin_ms, final.speech_end_ms) == (20 * 32, 50 * 32)
    assert final.end_ms == (50 + 6) * 32
    assert len(final.samples) == (final.end_ms - final.begin_ms) * 16
    assert final.spoken_ms == 30 * 32


def test_its_level_is_that_of_the_speech_alone() -> None:
    (final,) = windows("." * 20 + "#" * 30 + "." * 30)
    assert final.level_dbfs == pytest.approx(-20, abs=0.1)


def test_without_a_policy_there_are_no_partials() -> None:
    assert [window.final for window in windows("#" * 100 + "." * 30)] == [True]


def test_partials_come_after_half_a_second_and_then_each_400_ms() -> None:
    found = windows("#" * 60 + "." * 30, partials=PartialPolicy(at_pause_ms=10_000))
    lengths = [window.end_ms for window in found if not window.final]
    assert lengths == [512, 928, 1344, 1760, 2176]


def test_a_pause_asks_at_once_and_silence_does_not_ask_again() -> None:
    found = windows("#" * 20 + "." * 30, partials=PartialPolicy(at_pause_ms=96))
    assert [(window.end_ms, window.final) for window in found] == [
        (512, False),
        ((20 + 3) * 32, False),
        ((20 + 6) * 32, True),
    ]


def test_silence_asks_for_nothing() -> None:
    assert windows("." * 300, partials=PartialPolicy()) == []


def test_a_long_turn_comes_in_windows_that_join() -> None:
    found = windows("#" * 1_000 + "." * 30)
    assert len(found) > 3
    assert all(window.end_ms - window.begin_ms <= 10_000 for window in found)
    assert [window.begin_ms for window in found[1:]] == [window.end_ms for window in found[:-1]]


def test_the_last_frame_may_be_short() -> None:
    accounting = Accounting()
    ear = Ear(EndpointPolicy(), None, accounting)
    for _ in range(10):
        ear.feed(np.full(512, LEVEL, np.float32), 0.9)
    ear.feed(np.full(100, LEVEL, np.float32), 0.9)
    (final,) = [heard for heard in ear.close() if isinstance(heard, Window)]
    assert len(final.samples) == 10 * 512 + 100
