from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from phrasebook.model import MoodRules
from qa_engine.anatomy import StretchKind
from qa_engine.events import Role, Utterance
from qa_engine.prosody.measure import Manner, Prosody, ProsodyMeter
from qa_engine.prosody.tension import TENSE_FROM, Raised
from tests.qa_engine.prosody.voices import said, upset


def heard(utterances: Iterable[Utterance]) -> Prosody:
    meter = ProsodyMeter(MoodRules())
    for utterance in utterances:
        meter.feed(utterance)
    return meter.result(())


CALM = [said(number) for number in range(8)]


def test_a_calm_call_has_a_voice_and_nothing_tense() -> None:
    found = heard(CALM)
    (voice,) = found.voices
    assert voice.role is Role.AGENT
    assert voice.pitch_hz == pytest.approx(200, rel=0.05)
    assert voice.rate_cpm == pytest.approx(240, rel=0.05)
    assert voice.above_noise_db == pytest.approx(36, abs=1)
    assert found.tense == ()


def test_a_raised_voice_is_a_tense_stretch_with_its_evidence() -> None:
    found = heard([*CALM, upset(8), upset(9), said(10), said(11)])
    (stretch,) = found.tense
    assert (stretch.begin_ms, stretch.utterances) == (32_000, (8, 9))
    assert {Raised.PITCH, Raised.LEVEL} <= set(stretch.raised)
    assert stretch.tension >= TENSE_FROM


@pytest.mark.parametrize(
    "alone",
    [{"pitch_hz": 280.0}, {"level_dbfs": -14}, {"cpm": 330.0}],
    ids=["high", "loud", "fast"],
)
def test_one_thing_alone_makes_no_voice_tense(alone: dict[str, float]) -> None:
    assert heard([*CALM, said(8, **alone)]).tense == ()  # type: ignore[arg-type]


def test_each_side_is_held_against_its_own_calm() -> None:
    high = [
        said(n, role=Role.CUSTOMER, pitch_hz=300.0, level_dbfs=-14, begin_s=n * 4.0 + 2)
        for n in range(20, 28)
    ]
    assert heard([*CALM, *high]).tense == ()


def test_talking_over_the_other_adds_to_the_tension() -> None:
    warm = said(9, pitch_hz=235.0, level_dbfs=-20)
    customer = said(20, role=Role.CUSTOMER, begin_s=34.5, text="我跟你说这个事情你们一直没有处理好")
    passages = heard([*CALM, customer, warm]).voices[0].passages
    alone = heard([*CALM, warm]).voices[0].passages
    assert passages[-1].interruptions == 1
    assert passages[-1].tension > alone[-1].tension


@pytest.mark.parametrize(
    ("moves_st", "manner"), [(1.0, Manner.MONOTONE), (4.5, Manner.EVEN), (10.0, Manner.LIVELY)]
)
def test_how_far_a_voice_moves_is_its_manner(moves_st: float, manner: Manner) -> None:
    (voice,) = heard([said(n, moves_st=moves_st) for n in range(8)]).voices
    assert voice.manner is manner


def test_a_greeting_that_rises_is_told_so() -> None:
    first = said(0)
    assert first.contour is not None
    hz = first.contour.pitch_hz
    rising = (*hz[:-6], *(round(200 * 2 ** (step / 12)) for step in (2, 3, 4, 5, 5, 5)))
    contour = replace(first.contour, pitch_hz=rising)
    for utterance, rises in ((first, False), (replace(first, contour=contour), True)):
        greeting = heard([utterance, *CALM[2:]]).voices[0].greeting
        assert greeting is not None
        assert greeting.rises is rises


def test_what_an_unknown_speaker_or_a_recorded_voice_said_is_nobodys_voice() -> None:
    unknown = [replace(one, role_confidence=0.3) for one in CALM]
    recorded = [replace(one, recorded=StretchKind.IVR) for one in CALM]
    assert heard([*unknown, *recorded]).voices == ()


def test_little_speech_says_nothing_about_a_voice() -> None:
    assert heard(CALM[:3]).voices == ()


def test_a_call_that_came_as_text_has_no_voices() -> None:
    assert heard(replace(one, contour=None) for one in CALM).voices == ()


def test_a_long_utterance_is_looked_at_in_parts() -> None:
    long = said(0, text="这个问题" * 12)
    passages = heard([long, *CALM[4:]]).voices[0].passages
    assert sum(passage.utterance == 0 for passage in passages) == 2
