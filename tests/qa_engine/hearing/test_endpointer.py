from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_engine.hearing.endpointer import (
    Begun,
    Endpointer,
    Paused,
    SpeechCut,
    SpeechEnded,
    SpeechMark,
)
from qa_engine.hearing.policy import EndpointPolicy

POLICY = EndpointPolicy(
    min_speech_ms=96, silence_ms=320, before_ms=64, after_ms=96, max_window_ms=3_200
)


def marks(
    pattern: str, *, policy: EndpointPolicy = POLICY, levels: str = "", pause_ms: int | None = None
) -> list[SpeechMark]:
    """`#` is a frame of speech, `.` one of silence; digits of `levels` are their levels."""
    endpointer = Endpointer(policy, pause_ms=pause_ms)
    found: list[SpeechMark] = []
    for number, frame in enumerate(pattern):
        level = float(levels[number]) if levels else 1.0
        found += endpointer.feed(0.9 if frame == "#" else 0.05, level)
    return found + endpointer.close()


def test_an_utterance_begins_before_its_first_speech_and_ends_after_its_last() -> None:
    assert marks("." * 10 + "#" * 20 + "." * 20) == [Begun(8), SpeechEnded(33)]


def test_a_click_is_no_utterance() -> None:
    assert marks("." * 10 + "##" + "." * 20) == []


def test_a_short_pause_does_not_end_it() -> None:
    assert marks("#" * 10 + "." * 9 + "#" * 10 + "." * 20) == [Begun(0), SpeechEnded(32)]


def test_two_utterances_share_no_frame() -> None:
    policy = EndpointPolicy(silence_ms=64, before_ms=320, after_ms=64, min_speech_ms=64)
    first, ended, second, _ = marks("#" * 10 + "." * 3 + "#" * 10 + "." * 9, policy=policy)
    assert (first, ended, second) == (Begun(0), SpeechEnded(12), Begun(12))


def test_speech_at_the_end_of_the_audio_ends_with_it() -> None:
    assert marks("." * 5 + "#" * 10) == [Begun(3), SpeechEnded(15)]


def test_a_pause_is_marked_once() -> None:
    found = marks("#" * 10 + "." * 5 + "#" * 5 + "." * 20, pause_ms=64)
    assert found == [Begun(0), Paused(), Paused(), SpeechEnded(23)]


def test_a_long_turn_is_cut_at_its_quietest_point() -> None:
    levels = "5" * 70 + "4" + "1" + "4" + "5" * 57
    found = marks("#" * 130, levels=levels)
    assert found == [Begun(0), SpeechCut(71), SpeechEnded(130)]


def test_the_cut_lies_in_the_later_part_of_the_window() -> None:
    levels = "5" * 20 + "000" + "5" * 107
    (_, cut, *_) = marks("#" * 130, levels=levels)
    assert isinstance(cut, SpeechCut)
    assert 50 <= cut.end <= 98


def test_hysteresis_keeps_soft_syllables_in() -> None:
    endpointer = Endpointer(replace(POLICY, onset=0.5, offset=0.35))
    probabilities = [0.9] * 5 + [0.4] * 30 + [0.1] * 12
    found = [mark for p in probabilities for mark in endpointer.feed(p, 1.0)]
    assert found == [Begun(0), SpeechEnded(38)]


@settings(max_examples=100)
@given(
    pattern=st.text(alphabet="#.", max_size=400),
    max_window_ms=st.sampled_from([320, 1_600, 6_400]),
    silence_ms=st.sampled_from([64, 320]),
)
def test_utterances_are_in_order_apart_and_never_too_long(
    pattern: str, max_window_ms: int, silence_ms: int
) -> None:
    policy = EndpointPolicy(max_window_ms=max_window_ms, silence_ms=silence_ms)
    free_from = 0
    begin: int | None = None
    for mark in marks(pattern, policy=policy):
        match mark:
            case Begun(at):
                assert begin is None
                assert at >= free_from
                begin = at
            case SpeechEnded(end) | SpeechCut(end):
                assert begin is not None
                assert begin <= end <= len(pattern)
                assert (end - begin) * 32 <= max_window_ms
                free_from = end
                begin = end if isinstance(mark, SpeechCut) else None
    assert begin is None


@settings(max_examples=100)
@given(pattern=st.text(alphabet="#.", max_size=300))
def test_all_enduring_speech_is_inside_an_utterance(pattern: str) -> None:
    covered = [False] * len(pattern)
    begin = 0
    for mark in marks(pattern):
        match mark:
            case Begun(at):
                begin = at
            case SpeechEnded(end) | SpeechCut(end):
                covered[begin:end] = [True] * (end - begin)
                begin = end
    for at in range(len(pattern) - 3):
        if pattern[at : at + 3] == "###":
            assert all(covered[at : at + 3])


@pytest.mark.parametrize("state", ["", "#", "####", "####....", "####" + "." * 30])
def test_nothing_later_reaches_before_the_undecided_frame(state: str) -> None:
    endpointer = Endpointer(POLICY)
    for frame in state:
        endpointer.feed(0.9 if frame == "#" else 0.05, 1.0)
    undecided = endpointer.undecided_from
    later = [m for f in "#" * 9 + "." * 30 for m in endpointer.feed(0.9 if f == "#" else 0.05, 1.0)]
    assert all(mark.begin >= undecided for mark in later if isinstance(mark, Begun))
