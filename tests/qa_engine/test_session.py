from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recogniser import Transcript
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.events import (
    CallEnded,
    DecodeUnwanted,
    DecodeWanted,
    Role,
    SessionEvent,
    StepChanged,
    StepState,
    Utterance,
    UtteranceHeard,
)
from qa_engine.hearing import EndpointPolicy, PartialPolicy
from qa_engine.rules.judgeable import Unjudgeable
from qa_engine.session import CallSession
from tests.qa_engine.scripted import LevelReader, Line, LoudIsSpeech, answer, play, sound

ROLES = (Role.AGENT, Role.CUSTOMER)
CALL = (
    Line(0, 500, "您好很高兴为您服务"),
    Line(1, 3_300, "我想问一下"),
    Line(0, 4_000, "好的"),
    Line(1, 5_300, "这个怎么退"),
    Line(0, 7_000, "我不知道这个不归我管"),
)


class Recorder:
    """An analysis that writes down what it is told; every utterance is a step done."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def feed(self, utterance: Utterance) -> list[SessionEvent]:
        self.told.append(("said", utterance))
        if not utterance.is_final:
            return []
        return [
            StepChanged(
                at_ms=utterance.end_ms,
                step=utterance.text,
                state=StepState.DONE,
                source="S3",
                deadline_ms=None,
            )
        ]

    def hear_line(self, sounds: Sequence[Stretch]) -> list[SessionEvent]:
        return []

    def tick(self, now_ms: int) -> list[SessionEvent]:
        self.told.append(("tick", now_ms))
        return []

    def close(self, duration_ms: int) -> list[SessionEvent]:
        self.told.append(("close", duration_ms))
        return []

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        raise AssertionError("nobody asked")


def session(
    analysis: Recorder | None = None,
    *,
    partials: bool = False,
    endpoint: EndpointPolicy | None = None,
) -> CallSession:
    return CallSession(
        ROLES,
        voice=LoudIsSpeech(),
        analysis=analysis,
        endpoint=endpoint,
        partials=PartialPolicy() if partials else None,
    )


def finals(events: Sequence[SessionEvent]) -> list[Utterance]:
    heard = [event.utterance for event in events if isinstance(event, UtteranceHeard)]
    return [utterance for utterance in heard if utterance.is_final]


def asked(events: Sequence[SessionEvent]) -> list[tuple[int, int, int, bytes]]:
    return [
        (event.utterance, event.channel, event.begin_ms, event.samples.tobytes())
        for event in events
        if isinstance(event, DecodeWanted) and event.final
    ]


def verdicts(events: Sequence[SessionEvent]) -> list[SessionEvent]:
    return [event for event in events if isinstance(event, StepChanged | CallEnded)]


def test_each_line_of_a_call_is_heard_from_its_speaker_at_its_time() -> None:
    said = finals(play(session(), sound(CALL), LevelReader(CALL)))
    assert sorted((u.begin_ms, u.role, u.text) for u in said) == [
        (u.begin_ms, ROLES[line.channel], line.text)
        for line, u in zip(CALL, sorted(said, key=lambda u: u.begin_ms), strict=True)
    ]
    for line, heard in zip(CALL, sorted(said, key=lambda u: u.begin_ms), strict=True):
        assert abs(heard.begin_ms - line.begin_ms) <= 32
        assert abs(heard.end_ms - line.end_ms) <= 32
        assert abs(heard.words[0].begin_ms - line.begin_ms) <= 20
        assert abs(heard.words[-1].end_ms - line.end_ms) <= 20


@settings(max_examples=25, deadline=None)
@given(
    cuts=st.lists(st.integers(0, 16 * 10_000), max_size=12),
    partials=st.booleans(),
)
def test_neither_chunking_nor_partials_change_what_is_found(
    cuts: list[int], partials: bool
) -> None:
    samples = sound(CALL)
    whole = play(session(Recorder()), samples, LevelReader(CALL))
    parts = play(session(Recorder(), partials=partials), samples, LevelReader(CALL), cuts)
    assert asked(parts) == asked(whole)
    assert [(u.id, u.text, u.words) for u in finals(parts)] == [
        (u.id, u.text, u.words) for u in finals(whole)
    ]
    assert verdicts(parts) == verdicts(whole)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_answers_in_any_order_end_in_the_same_finals(seed: int) -> None:
    """A late recogniser that answers at random, coalesces partials and never loses a final."""
    random = Random(seed)
    recorder = Recorder()
    late = session(recorder, partials=True)
    reader = LevelReader(CALL)
    events: list[SessionEvent] = []
    waiting: list[DecodeWanted] = []

    def take(happened: Sequence[SessionEvent]) -> None:
        events.extend(happened)
        waiting.extend(event for event in happened if isinstance(event, DecodeWanted))

    def answer_one() -> None:
        wanted = waiting.pop(random.randrange(len(waiting)))
        if not wanted.final and random.random() < 0.5:
            take(late.undecoded(wanted.window_id))
        else:
            heard = reader.transcribe([wanted.samples], final=wanted.final)[0]
            take(late.decoded(wanted.window_id, heard))

    for part in np.array_split(sound(CALL), 90, axis=1):
        take(late.hear(part))
        while waiting and random.random() < 0.4:
            answer_one()
    take(late.close())
    while waiting:
        answer_one()

    whole = finals(play(session(), sound(CALL), LevelReader(CALL)))
    by_id = {u.id: u.text for u in finals(events)}
    assert by_id == {u.id: u.text for u in whole}
    assert isinstance(events[-1], CallEnded)
    for channel in range(2):
        spoken = [u.begin_ms for u in finals(events) if u.channel == channel]
        assert spoken == sorted(spoken)


def test_a_second_passes_only_when_all_that_was_said_before_it_is_known() -> None:
    recorder = Recorder()
    slow = session(recorder)
    happened = slow.hear(sound(CALL))
    assert recorder.told == []
    answer(slow, happened, LevelReader(CALL))
    said_at = {u.begin_ms: i for i, (kind, u) in enumerate(recorder.told) if kind == "said"}
    for number, (kind, now_ms) in enumerate(recorder.told):
        if kind == "tick":
            assert all(at < number for begin_ms, at in said_at.items() if begin_ms < now_ms)


def test_every_second_of_silence_passes() -> None:
    recorder = Recorder()
    play(session(recorder), np.zeros((2, 16_000 * 5), np.float32), LevelReader(()))
    assert [told for told in recorder.told if told[0] == "tick"][:4] == [
        ("tick", ms) for ms in (1_000, 2_000, 3_000, 4_000)
    ]
    assert recorder.told[-1] == ("close", 5_000)


def test_finalize_ends_the_utterance_at_once_and_the_call_goes_on() -> None:
    talking = session()
    samples = sound(CALL)
    assert talking.hear(samples[:, : 16 * 1_500]) == []
    (wanted,) = talking.finalize()
    assert isinstance(wanted, DecodeWanted)
    assert wanted.final
    assert talking.finalize() == []
    later = talking.hear(samples[:, 16 * 1_500 :])
    rest = next(event for event in later if isinstance(event, DecodeWanted))
    assert rest.utterance != wanted.utterance
    assert rest.channel == 0
    assert rest.begin_ms == wanted.begin_ms + len(wanted.samples) // 16


def test_the_call_ends_when_the_last_window_is_answered() -> None:
    talking = session()
    wanted = [e for e in talking.hear(sound(CALL)) if isinstance(e, DecodeWanted)]
    wanted += [e for e in talking.close() if isinstance(e, DecodeWanted)]
    assert talking.waiting == len(wanted)
    for number, window in enumerate(wanted, 1):
        events = talking.decoded(window.window_id, Transcript(text="好", confidence=1))
        assert any(isinstance(event, CallEnded) for event in events) is (number == len(wanted))


def test_a_silent_call_ends_at_once() -> None:
    quiet = session()
    quiet.hear(np.zeros((2, 32_000), np.float32))
    assert quiet.close() == [CallEnded(at_ms=2_000, duration_ms=2_000)]
    assert quiet.close() == []


def test_a_call_without_a_sample_ends() -> None:
    assert session().close() == [CallEnded(at_ms=0, duration_ms=0)]


def test_partials_grow_under_one_id_and_their_stable_part_holds() -> None:
    line = (Line(0, 200, "您好很高兴为您服务请问有什么可以帮到您"),)
    events = play(session(partials=True), sound(line), LevelReader(line))
    revisions = [event.utterance for event in events if isinstance(event, UtteranceHeard)]
    assert len(revisions) > 5
    assert {u.id for u in revisions} == {revisions[0].id}
    assert [u.revision for u in revisions] == list(range(len(revisions)))
    assert [u.is_final for u in revisions] == [False] * (len(revisions) - 1) + [True]
    for earlier, later in pairwise(revisions):
        assert later.text.startswith(earlier.text[: earlier.stable_chars])


def test_a_final_that_hears_nothing_takes_its_partials_back() -> None:
    line = (Line(0, 200, "您好很高兴为您服务"),)
    talking = session(partials=True)
    shown: list[Utterance] = []
    happened = talking.hear(sound(line)) + talking.close()
    for event in happened:
        if isinstance(event, DecodeWanted):
            text = "" if event.final else "您好"
            heard = talking.decoded(event.window_id, Transcript(text=text, confidence=0.5))
            shown += [e.utterance for e in heard if isinstance(e, UtteranceHeard)]
    assert shown[-1].is_final
    assert shown[-1].text == ""


def test_a_final_that_heard_nothing_and_showed_nothing_says_nothing() -> None:
    line = (Line(0, 200, "您好很高兴为您服务"),)
    talking = session()
    for event in talking.hear(sound(line)):
        if isinstance(event, DecodeWanted):
            assert talking.decoded(event.window_id, Transcript(text="", confidence=0)) == []
    assert isinstance(talking.close()[-1], CallEnded)


def test_a_final_that_could_not_be_recognised_is_told_and_accounted_for() -> None:
    line = (Line(0, 200, "您好很高兴"),)
    talking = session()
    events: list[SessionEvent] = []
    for event in [*talking.hear(sound(line)), *talking.close()]:
        if isinstance(event, DecodeWanted):
            events += talking.undecoded(event.window_id, "recogniser_failed")
    (utterance,) = finals(events)
    assert (utterance.text, utterance.intelligible) == ("", False)
    assert talking.accounts[0].dropped_ms["recogniser_failed"] >= 1_000


def test_more_text_than_the_speech_could_hold_is_not_believed() -> None:
    line = (Line(0, 200, "您好"),)
    talking = session()
    said: list[SessionEvent] = []
    for event in talking.hear(sound(line)):
        if isinstance(event, DecodeWanted):
            made_up = Transcript(text="感谢您对我们工作的支持与理解再见", confidence=0.9)
            said += talking.decoded(event.window_id, made_up)
    assert [u.intelligible for u in finals(said)] == [False]


@settings(max_examples=20, deadline=None)
@given(
    length_ms=st.integers(0, 9_000),
    odd=st.integers(0, 600),
    partials=st.booleans(),
    max_window_ms=st.sampled_from([600, 1_500, 10_000]),
)
def test_every_millisecond_is_accounted_for(
    length_ms: int, odd: int, partials: bool, max_window_ms: int
) -> None:
    samples = sound(CALL)[:, : length_ms * 16 + odd]
    endpoint = EndpointPolicy(max_window_ms=max_window_ms)
    talking = session(partials=partials, endpoint=endpoint)
    play(talking, samples, LevelReader(CALL))
    for account in talking.accounts:
        dropped = sum(account.dropped_ms.values())
        assert account.pending_ms == 0
        assert account.fed_ms == samples.shape[1] // 16
        assert account.silent_ms + account.decoded_ms + dropped == account.fed_ms


def test_sound_that_is_being_recognised_is_pending() -> None:
    talking = session()
    talking.hear(sound(CALL))
    account = talking.accounts[0]
    assert account.pending_ms > 2_000
    assert account.silent_ms + account.decoded_ms + account.pending_ms == account.fed_ms


def test_a_coalesced_partial_is_counted() -> None:
    talking = session(partials=True)
    for event in talking.hear(sound(CALL)):
        if isinstance(event, DecodeWanted) and not event.final:
            talking.undecoded(event.window_id)
    account = talking.accounts[0]
    assert account.partials_coalesced == account.partials_wanted > 0


def test_nobody_waits_for_the_partials_of_what_turned_out_to_be_no_utterance() -> None:
    """A ringing tone is worth no recogniser: it is known at its end, when partials wait already."""
    seconds = np.arange(16 * 6_000) / 16_000
    ringing = np.where(seconds < 5.0, 0.3 * np.sin(2 * np.pi * 450 * seconds), 0.0)
    talking = session(partials=True)
    happened = talking.hear(np.stack([ringing, np.zeros_like(ringing)]).astype(np.float32))
    partials = [e.window_id for e in happened if isinstance(e, DecodeWanted)]
    (unwanted,) = [e for e in happened if isinstance(e, DecodeUnwanted)]
    assert [*unwanted.window_ids] == partials != []
    assert talking.waiting == 0
    assert talking.decoded(partials[-1], Transcript(text="好", confidence=1)) == []
    account = talking.accounts[0]
    assert account.partials_coalesced == account.partials_wanted == len(partials)


def test_an_answer_to_nothing_is_passed_over() -> None:
    assert session().decoded(77, Transcript(text="好", confidence=1)) == []


def test_audio_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \[2, n\]"):
        session().hear(np.zeros((1, 160), np.float32))


def test_audio_after_the_end_is_refused() -> None:
    over = session()
    over.close()
    with pytest.raises(ValueError, match="after the end"):
        over.hear(np.zeros((2, 160), np.float32))
