"""The session of a call that comes as text: nothing to hear, the same judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from api.live.sessions import Past
from models.recogniser import Samples, Transcript
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.dialogue import Basis, Placing, SpokenLine
from qa_engine.events import CallEnded, HitChanged, Role, SessionEvent, UtteranceHeard
from qa_engine.hearing.accounting import Account, Accounting
from qa_engine.rules.judgeable import Unjudgeable
from qa_engine.text_call import TextCall

CHANNELS = 2
PATIENCE_MS = 10_000
"""Somebody else's recogniser may tell one side's words so much later than the other's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRead:
    """A line as it comes in; the same number again revises it until it is final."""

    number: int
    role: Role
    line: SpokenLine
    is_final: bool


class TextSession:
    """`api.live.sessions.Session` over a `TextCall`."""

    def __init__(self, call: TextCall, basis: Basis) -> None:
        self._call = call
        self._placing = Placing(basis)
        self._revisions: dict[int, int] = {}
        self._hit_ids: Mapping[str, str] = {}

    def go_on(self, past: Past, hit_ids: Mapping[str, str]) -> None:
        """After a restart. `hit_ids`: under which id a hit was told before it."""
        self._hit_ids = hit_ids
        self._call.go_on(past.finals, min(past.known_ms))
        self._placing.go_on(self._call.duration_ms)

    def read(self, read: LineRead) -> list[SessionEvent]:
        """A line or a revision of one; one that was final is passed over."""
        if self._call.is_final(read.number):
            return []
        revision = self._revisions[read.number] = self._revisions.get(read.number, -1) + 1
        utterance = self._placing.place(
            read.number, read.line, read.role, is_final=read.is_final, revision=revision
        )
        heard = UtteranceHeard(at_ms=utterance.end_ms, utterance=utterance)
        return [heard, *self._told(self._call.read(utterance))]

    def lasts(self, duration_ms: int) -> None:
        """How long the call lasted, where more is known than its last line."""
        self._call.lasts(duration_ms)

    def close(self) -> list[SessionEvent]:
        events = self._told(self._call.close())
        duration_ms = self._call.duration_ms
        return [*events, CallEnded(at_ms=duration_ms, duration_ms=duration_ms, sounds=())]

    def result(self, ending: Unjudgeable) -> AnalysisResult:
        return self._call.result(ending)

    def hear(self, samples: Samples) -> list[SessionEvent]:
        return []

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]:
        return []

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        return []

    def missing(self, stretches: Sequence[Stretch]) -> list[SessionEvent]:
        """No sound comes, and none is missing."""
        return []

    def finalize(self) -> list[SessionEvent]:
        return []

    @property
    def accounts(self) -> Sequence[Account]:
        """No sound came, so none has to be accounted for."""
        return [Accounting().account() for _ in range(CHANNELS)]

    @property
    def known_ms(self) -> Sequence[int]:
        return [self._call.known_ms] * CHANNELS

    def _told(self, events: list[SessionEvent]) -> list[SessionEvent]:
        return [
            replace(event, hit=replace(event.hit, id=self._hit_ids[event.hit.id]))
            if isinstance(event, HitChanged) and event.hit.id in self._hit_ids
            else event
            for event in events
        ]
