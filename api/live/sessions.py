"""What live calls need of the engine: a session for each call, a playbook, a report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from api.live.call_info import CallInfo, Playbook
from api.live.filing import Reporter
from models.recogniser import Recogniser, Samples, Transcript
from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.events import SessionEvent, Utterance
from qa_engine.hearing.accounting import Account
from qa_engine.line.missing import MissingSound
from qa_engine.rules.judgeable import Unjudgeable


class Session(Protocol):
    """What a live call needs of the engine's session."""

    def hear(self, samples: Samples) -> list[SessionEvent]:
        """float32 [channels, n] at 16 kHz."""

    def decoded(self, window_id: int, transcript: Transcript) -> list[SessionEvent]: ...

    def undecoded(self, window_id: int, reason: str) -> list[SessionEvent]:
        """A window that will not be recognised."""

    def missing(self, stretches: Sequence[Stretch]) -> list[SessionEvent]:
        """All sound of the call that is known by now never to have come."""

    def finalize(self) -> list[SessionEvent]:
        """Finish what is being said, without waiting for a pause."""

    def close(self) -> list[SessionEvent]: ...

    def result(self, ending: Unjudgeable) -> AnalysisResult:
        """What the call came to, after `CallEnded`; `ending`: what its end makes of it."""

    @property
    def accounts(self) -> Sequence[Account]:
        """Where the sound of each channel went so far."""

    @property
    def known_ms(self) -> Sequence[int]:
        """For each channel: everything said before this moment has been told as final."""


HitKey = tuple[str, int, int]
"""Rule, utterance and first character of a hit: its id may differ from one hearing to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the log holds of a call that a restart cut off, as far as a session needs it."""

    finals: tuple[Utterance, ...]
    utterances: int
    """Ids below this one are taken."""
    known_ms: tuple[int, ...]
    accounts: tuple[Account, ...]
    hit_ids: Mapping[HitKey, str]
    """What the hits were told as."""


class Sessions(Reporter, Protocol):
    """What makes sessions; holds phrasebook, matcher and recogniser."""

    def open_session(self, info: CallInfo) -> Session: ...

    def continue_session(self, info: CallInfo, past: Past) -> tuple[Session, frozenset[HitKey]]:
        """The session of a call that was cut off, and which of its hits stand."""

    def hear_kept(
        self,
        info: CallInfo,
        sound: Iterable[Samples],
        recogniser: Recogniser,
        missing: MissingSound,
    ) -> tuple[Session, list[SessionEvent]]:
        """A whole call at once, as a recording is heard; everything that happened in it.

        Blocking. `sound`: float32 [channels, n] at 16 kHz, silence where it is `missing`.
        """

    def playbook(self, info: CallInfo) -> Playbook:
        """Raises `Refused` for a script that the phrasebook has not."""
