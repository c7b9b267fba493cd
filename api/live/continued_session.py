"""The session of a call that a restart cut in two: a new ear, the old judgement, one time line.

Every channel is known up to some moment: what was said before it is in the log. The audio goes on
from the earliest of these moments, so a channel that is known further is silent until then, and
nothing is heard twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from api.live.sessions import HitKey, Past, Session
from models.recogniser import Samples, Transcript
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.call_analysis import CallAnalysis
from qa_engine.events import (
    CallEnded,
    DecodeWanted,
    Hit,
    HitChanged,
    HitState,
    SessionEvent,
    Utterance,
    UtteranceHeard,
)
from qa_engine.hearing.accounting import Account
from qa_engine.rules.judgeable import Unjudgeable

TICK_MS = 1_000


class ShiftedJudge:
    """Hears of a session's utterances and seconds at the place that they have in the call."""

    def __init__(self, judge: CallAnalysis, offset_ms: int, utterances: int) -> None:
        self._judge = judge
        self._offset_ms = offset_ms
        self._utterances = utterances
        self._sounds: tuple[Stretch, ...] = ()
        self._missing: tuple[Stretch, ...] = ()

    def feed(self, utterance: Utterance) -> Sequence[SessionEvent]:
        return self._judge.feed(self.shifted(utterance))

    def hear_line(self, sounds: Sequence[Stretch]) -> Sequence[SessionEvent]:
        self._sounds = _later(sounds, self._offset_ms)
        return self._judge.hear_line(self.line)

    def missing(self, stretches: Sequence[Stretch]) -> Sequence[SessionEvent]:
        """Of the whole call, at the place that it has there."""
        self._missing = tuple(stretches)
        return self._judge.hear_line(self.line)

    @property
    def line(self) -> tuple[Stretch, ...]:
        """What is on the line beside people, at the place that it has in the call."""
        return (*self._sounds, *self._missing)

    def tick(self, now_ms: int) -> Sequence[SessionEvent]:
        return self._judge.tick(now_ms + self._offset_ms)

    def close(self, duration_ms: int) -> Sequence[SessionEvent]:
        return self._judge.close(duration_ms + self._offset_ms)

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        return self._judge.result(ending)

    def shifted(self, utterance: Utterance) -> Utterance:
        offset_ms = self._offset_ms
        words = tuple(
            replace(word, begin_ms=word.begin_ms + offset_ms, end_ms=word.end_ms + offset_ms)
            for word in utterance.words
        )
        return replace(
            utterance,
            id=utterance.id + self._utterances,
            begin_ms=utterance.begin_ms + offset_ms,
            end_ms=utterance.end_ms + offset_ms,
            words=words,
        )


def replayed(analysis: CallAnalysis, past: Past) -> dict[HitKey, Hit]:
    """Judge again what was said; nothing of it is told again. Returns the hits that stand."""
    hits: dict[HitKey, Hit] = {}
    ticked_ms = 0
    for utterance in past.finals:
        while ticked_ms + TICK_MS <= utterance.begin_ms:
            ticked_ms += TICK_MS
            _note(hits, analysis.tick(ticked_ms))
        _note(hits, analysis.feed(utterance))
    while ticked_ms + TICK_MS <= min(past.known_ms):
        ticked_ms += TICK_MS
        _note(hits, analysis.tick(ticked_ms))
    return hits


def _note(hits: dict[HitKey, Hit], events: Sequence[SessionEvent]) -> None:
    for event in events:
        if isinstance(event, HitChanged):
            key = event.hit.rule, event.hit.utterance, event.hit.begin_char
            if event.state is HitState.RETRACTED:
                hits.pop(key, None)
            else:
                hits[key] = event.hit


class ContinuedSession:
    """See the module."""

    def __init__(
        self, session: Session, judge: ShiftedJudge, past: Past, hit_ids: Mapping[str, str]
    ) -> None:
        """`session`: the new ear, over `judge`. `hit_ids`: under which id a hit was told before."""
        self._session = session
        self._judge = judge
        self._known_ms = past.known_ms
        pairs = zip(past.accounts, past.known_ms, strict=True)
        self._before = [_settled(account, known_ms) for account, known_ms in pairs]
        self._offset_ms = min(past.known_ms)
        self._utterances = past.utterances
        self._hit_ids = hit_ids
        self._samples = 0

    def hear(self, samples: Samples) -> list[SessionEvent]:
        muted = samples
        for channel, known_ms in enumerate(self._known_ms):
            again = (known_ms - self._offset_ms) * 16 - self._samples
            if again > 0:
                muted = muted.copy() if muted is samples else muted
                muted[channel, :again] = 0.0
        self._samples += samples.shape[1]
        return self._shifted(self._session.hear(muted))

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]:
        return self._shifted(self._session.decoded(window_id, transcript))

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        return self._shifted(self._session.undecoded(window_id, reason))

    def missing(self, stretches: Sequence[Stretch]) -> list[SessionEvent]:
        return [*self._judge.missing(stretches)]

    def finalize(self) -> list[SessionEvent]:
        return self._shifted(self._session.finalize())

    def close(self) -> list[SessionEvent]:
        return self._shifted(self._session.close())

    def result(self, ending: Unjudgeable) -> AnalysisResult:
        return self._session.result(ending)

    @property
    def known_ms(self) -> Sequence[int]:
        pairs = zip(self._known_ms, self._session.known_ms, strict=True)
        return [max(before, self._offset_ms + now) for before, now in pairs]

    @property
    def accounts(self) -> Sequence[Account]:
        rows = zip(self._before, self._session.accounts, self._known_ms, strict=True)
        return [_joined(before, now, known - self._offset_ms) for before, now, known in rows]

    def _shifted(self, events: list[SessionEvent]) -> list[SessionEvent]:
        """What the session itself tells; what the judge tells has the call's time already."""
        return [self._one(event) for event in events]

    def _one(self, event: SessionEvent) -> SessionEvent:
        at_ms = event.at_ms + self._offset_ms
        match event:
            case UtteranceHeard():
                return replace(event, at_ms=at_ms, utterance=self._judge.shifted(event.utterance))
            case DecodeWanted():
                return replace(
                    event,
                    at_ms=at_ms,
                    utterance=event.utterance + self._utterances,
                    begin_ms=event.begin_ms + self._offset_ms,
                )
            case HitChanged() if event.hit.id in self._hit_ids:
                return replace(event, hit=replace(event.hit, id=self._hit_ids[event.hit.id]))
            case CallEnded():
                return replace(
                    event,
                    at_ms=at_ms,
                    duration_ms=event.duration_ms + self._offset_ms,
                    sounds=self._judge.line,
                )
            case _:
                return event


def _later(sounds: Sequence[Stretch], by_ms: int) -> tuple[Stretch, ...]:
    return tuple(
        replace(sound, begin_ms=sound.begin_ms + by_ms, end_ms=sound.end_ms + by_ms)
        for sound in sounds
    )


def _settled(account: Account, known_ms: int) -> Account:
    """The books closed at `known_ms`: what was pending then is heard again."""
    dropped_ms = dict(account.dropped_ms)
    settled_ms = account.decoded_ms + sum(dropped_ms.values())
    decoded_ms = account.decoded_ms - max(settled_ms - known_ms, 0)
    return replace(
        account,
        fed_ms=known_ms,
        silent_ms=max(known_ms - settled_ms, 0),
        decoded_ms=decoded_ms,
        dropped_ms=dropped_ms,
        pending_ms=0,
    )


def _joined(before: Account, now: Account, again_ms: int) -> Account:
    """`again_ms`: how much of the new session this channel only sits through."""
    sat_ms = min(again_ms, now.fed_ms)
    from_silent = min(sat_ms, now.silent_ms)
    dropped_ms = dict(before.dropped_ms)
    for reason, ms in now.dropped_ms.items():
        dropped_ms[reason] = dropped_ms.get(reason, 0) + ms
    return Account(
        fed_ms=before.fed_ms + now.fed_ms - sat_ms,
        silent_ms=before.silent_ms + now.silent_ms - from_silent,
        decoded_ms=before.decoded_ms + now.decoded_ms,
        dropped_ms=dropped_ms,
        pending_ms=before.pending_ms + now.pending_ms - (sat_ms - from_silent),
        partials_wanted=before.partials_wanted + now.partials_wanted,
        partials_decoded=before.partials_decoded + now.partials_decoded,
        partials_coalesced=before.partials_coalesced + now.partials_coalesced,
        finals_decoded=before.finals_decoded + now.finals_decoded,
    )
