"""Sounds, utterances and holds come to the stretches of a call."""

from __future__ import annotations

from dataclasses import replace

from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Role, Utterance
from qa_engine.line.call import signals, stretches_of
from tests.qa_engine.rules.scripted import utterance

RING, MUSIC = StretchKind.RING, StretchKind.MUSIC


def tone(begin_ms: int, end_ms: int) -> Stretch:
    return Stretch(kind=RING, channel=0, begin_ms=begin_ms, end_ms=end_ms)


def test_a_ring_goes_on_in_its_pauses() -> None:
    joined = signals([tone(0, 1_000), tone(5_000, 6_000), tone(10_000, 11_000)])
    assert [(ring.begin_ms, ring.end_ms) for ring in joined] == [(0, 11_000)]


def test_one_short_pure_sound_is_no_signal() -> None:
    assert signals([tone(4_000, 4_300)]) == []


def test_who_speaks_cuts_a_ring() -> None:
    said = utterance(1, Role.AGENT, 6.5, 9, "您好")
    found = stretches_of([said], [tone(0, 6_000), tone(10_000, 11_000)], [], 11_000)
    assert [(s.kind, s.begin_ms, s.end_ms) for s in found] == [
        (RING, 0, 6_500),
        (StretchKind.AGENT, 6_500, 9_000),
        (RING, 9_000, 11_000),
    ]


def test_silence_is_where_nothing_else_is() -> None:
    said = [utterance(1, Role.AGENT, 3, 5, "您好"), utterance(2, Role.CUSTOMER, 5.5, 6, "喂")]
    music = Stretch(kind=MUSIC, channel=1, begin_ms=10_000, end_ms=20_000)
    found = stretches_of(said, [music], [(5_000, 25_000)], 30_000)
    assert [(s.kind, s.begin_ms, s.end_ms) for s in found] == [
        (StretchKind.SILENCE, 0, 3_000),
        (StretchKind.AGENT, 3_000, 5_000),
        (StretchKind.HOLD, 5_000, 25_000),
        (StretchKind.CUSTOMER, 5_500, 6_000),
        (MUSIC, 10_000, 20_000),
        (StretchKind.SILENCE, 25_000, 30_000),
    ]


def test_words_of_an_unknown_speaker_are_nobodys_stretch() -> None:
    said = [
        utterance(1, Role.AGENT, 0, 3, "您好"),
        replace(utterance(2, Role.AGENT, 3.5, 6, "我不知道"), role_confidence=0.4),
        replace(utterance(3, Role.CUSTOMER, 6.5, 8, "你说"), channel=0, role_confidence=0.0),
    ]
    found = stretches_of(said, [], [], 8_000)
    assert [(s.kind, s.begin_ms, s.end_ms) for s in found] == [
        (StretchKind.AGENT, 0, 3_000),
        (StretchKind.UNKNOWN, 3_500, 8_000),
    ]


def test_where_one_hands_over_to_the_other_an_unknown_moment_is_both_at_once() -> None:
    def on_one(number: int, role: Role, begin_s: float, end_s: float, sure: float) -> Utterance:
        heard = utterance(number, role, begin_s, end_s, "话")
        return replace(heard, channel=0, role_confidence=sure)

    def kinds(second: Role) -> list[StretchKind]:
        said = [
            on_one(1, Role.AGENT, 0, 3, 0.9),
            on_one(2, Role.CUSTOMER, 3, 3.6, 0.0),
            on_one(3, second, 3.6, 6, 0.9),
        ]
        found = stretches_of(said, [], [], 6_000)
        return [s.kind for s in found if s.kind not in (StretchKind.AGENT, StretchKind.CUSTOMER)]

    assert kinds(Role.CUSTOMER) == [StretchKind.OVERLAP]
    assert kinds(Role.AGENT) == [StretchKind.UNKNOWN]
