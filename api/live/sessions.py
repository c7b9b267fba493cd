"""What live calls need of the engine: a session for each call, a playbook, a report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from api.live.call_info import CallInfo, Playbook
from api.live.filing import Reporter
from models.recogniser import Samples, Transcript
from qa_engine.analysis import AnalysisResult
from qa_engine.events import SessionEvent
from qa_engine.hearing.accounting import Account
from qa_engine.rules.judgeable import Unjudgeable


class Session(Protocol):
    """What a live call needs of the engine's session."""

    def hear(self, samples: Samples) -> list[SessionEvent]:
        """float32 [channels, n] at 16 kHz."""

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]: ...

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        """A window that nobody will recognise."""

    def finalize(self) -> list[SessionEvent]:
        """Finish what is being said, without waiting for a pause."""

    def close(self) -> list[SessionEvent]: ...

    def result(self, ending: Unjudgeable) -> AnalysisResult:
        """What the call came to, after `CallEnded`; `ending`: what its end makes of it."""

    @property
    def accounts(self) -> Sequence[Account]:
        """Where the sound of each channel went so far."""


class Sessions(Reporter, Protocol):
    """What makes sessions; holds phrasebook, matcher and recogniser."""

    def open_session(self, info: CallInfo) -> Session: ...

    def playbook(self, script: str) -> Playbook:
        """Raises `Refused` for a script that the phrasebook has not."""
