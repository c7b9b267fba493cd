"""Voice and words together, as the analysis of a running call tells them."""

from __future__ import annotations

from dataclasses import replace

from phrasebook import parse
from phrasebook.model import Entry, Kind, MoodRules, Phrasebook, Speaker
from qa_engine.analysis import Analysis
from qa_engine.events import HitState, Role, SessionEvent, Utterance
from qa_engine.matching.matcher import Matcher
from qa_engine.prosody.live import MoodChanged
from qa_engine.prosody.moods import MoodKind
from tests.qa_engine.prosody.voices import said, upset
from tests.qa_engine.rules.scripted import book, entry

ANGRY = "我现在很生气你们这个态度太差了"


def _pack() -> Phrasebook:
    anger: Entry = replace(
        entry("anger", who=Speaker.CUSTOMER, kind=Kind.TRIGGER), say=(parse("我现在很生气"),)
    )
    rude: Entry = replace(entry("rude-hurry"), say=(parse("你快点说"),))
    whole = book(entries=(anger, rude))
    return replace(whole, moods=MoodRules(angry=("anger",), impatient=("rude-*",)))


PACK = _pack()
MATCHER = Matcher(PACK)


def told(utterances: list[Utterance], *, close: bool = True) -> list[MoodChanged]:
    analysis = Analysis(PACK, MATCHER)
    events: list[SessionEvent] = []
    for utterance in utterances:
        events += analysis.feed(utterance)
    if close:
        events += analysis.close(max(one.end_ms for one in utterances) + 1_000)
    return [event for event in events if isinstance(event, MoodChanged)]


def customer(number: int, **keys: object) -> Utterance:
    return said(number, role=Role.CUSTOMER, **keys)  # type: ignore[arg-type]


CALM = [customer(number) for number in range(8)]


def test_angry_words_in_a_tense_voice_are_told_while_the_call_runs() -> None:
    (mood,) = told([*CALM, upset(8, role=Role.CUSTOMER, text=ANGRY)], close=False)
    assert mood.state is HitState.CONFIRMED
    assert mood.mood.kind is MoodKind.ANGRY
    assert (mood.mood.rule, mood.mood.role) == ("anger", Role.CUSTOMER)


def test_the_same_words_in_calm_and_the_same_voice_without_them_say_nothing() -> None:
    assert told([*CALM, customer(8, text=ANGRY)]) == []
    assert told([*CALM, upset(8, role=Role.CUSTOMER)]) == []


def test_words_just_before_the_voice_rises_belong_to_it() -> None:
    (mood,) = told([*CALM, customer(8, text=ANGRY), upset(9, role=Role.CUSTOMER)])
    assert mood.mood.end_ms > 36_000


def test_an_agent_who_loses_patience_is_told_and_a_customer_with_those_words_is_not() -> None:
    calm = [said(number) for number in range(8)]
    (mood,) = told([*calm, upset(8, text="你快点说我还有别的电话")])
    assert mood.mood.kind is MoodKind.IMPATIENT
    assert told([*CALM, upset(8, role=Role.CUSTOMER, text="你快点说我还有别的电话")]) == []


def test_one_outburst_is_told_once() -> None:
    loud = [upset(n, role=Role.CUSTOMER, text=ANGRY) for n in (8, 9, 10)]
    assert len(told([*CALM, *loud])) == 1


def test_a_voice_that_turns_out_to_be_as_always_is_taken_back_at_the_end() -> None:
    later = [upset(n, role=Role.CUSTOMER) for n in range(9, 40)]
    states = [
        mood.state for mood in told([*CALM, upset(8, role=Role.CUSTOMER, text=ANGRY), *later])
    ]
    assert states == [HitState.CONFIRMED, HitState.RETRACTED]


def test_what_nobody_is_known_to_have_said_alerts_nobody() -> None:
    unsure = [replace(one, role_confidence=0.3) for one in CALM]
    loud = replace(upset(8, role=Role.CUSTOMER, text=ANGRY), role_confidence=0.3)
    assert told([*unsure, loud]) == []


def test_how_a_call_sounded_takes_no_points() -> None:
    scores = []
    for raised in (False, True):
        analysis = Analysis(PACK, MATCHER)
        speak = upset if raised else said
        for utterance in [*CALM, *(speak(n, begin_s=n * 4.0 + 2) for n in range(20, 24))]:
            analysis.feed(utterance)
        analysis.close(120_000)
        result = analysis.result()
        scores.append((result.score, result.conduct.checks))
        assert bool(result.prosody.voices)
    assert scores[0][0] == scores[1][0]
