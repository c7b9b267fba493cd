"""What a session needs of whoever judges its call, as qa_engine.analysis.Analysis does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from qa_engine.analysis_result import AnalysisResult
from qa_engine.anatomy import Stretch
from qa_engine.events import SessionEvent, Utterance
from qa_engine.rules.judgeable import Unjudgeable


class CallAnalysis(Protocol):
    """The QA core of one call, as `qa_engine.analysis.Analysis` is."""

    def feed(self, utterance: Utterance) -> Sequence[SessionEvent]: ...

    def hear_line(self, sounds: Sequence[Stretch]) -> Sequence[SessionEvent]:
        """Tones, music and missing sound of all channels, as far as they are known."""

    def tick(self, now_ms: int) -> Sequence[SessionEvent]:
        """Everything said before `now_ms` has been fed, where it is final."""

    def close(self, duration_ms: int) -> Sequence[SessionEvent]: ...

    def result(self, ending: Unjudgeable = Unjudgeable.NONE) -> AnalysisResult:
        """What the call came to, after `close`; `ending`: what its end makes of it."""
