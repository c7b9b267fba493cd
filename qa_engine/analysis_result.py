"""What a call came to, once everything that was said in it is decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phrasebook.model import Ask, Script
from qa_engine.anatomy import Stretch
from qa_engine.events import Hit, Utterance
from qa_engine.prosody.measure import SILENT, Prosody
from qa_engine.rules.conduct import Conduct
from qa_engine.rules.counting import Conclusion
from qa_engine.rules.judgeable import JUDGEABLE, Judgeable
from qa_engine.rules.score import Score
from qa_engine.rules.step_result import StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """What a call came to; utterances and hits in order of time."""

    duration_ms: int
    script: Script | None
    """None: every step of the phrasebook was asked for."""
    utterances: tuple[Utterance, ...]
    hits: tuple[Hit, ...]
    """Confirmed ones only."""
    held_back: tuple[Hit, ...] = ()
    """Candidates that were dropped, in order of time."""
    steps: tuple[StepResult, ...]
    conduct: Conduct
    judgeable: Judgeable = JUDGEABLE
    score: Score | None
    """None: the call is not judgeable."""
    anatomy: tuple[Stretch, ...] = ()
    unknown: tuple[str, ...] = ()
    """Titles of rules that did not apply because nobody told of the call what they ask for."""
    asked: tuple[tuple[Ask, bool | None], ...] = ()
    """Each question of the phrasebook, and whether it applies; None: nobody told what it needs."""
    prosody: Prosody = SILENT
    """How it sounded; shown, never charged."""
    judge: str = ""
    """The version of the judge that had a part in it; "" without one."""

    @property
    def conclusion(self) -> Conclusion:
        return self.score.conclusion if self.score else Conclusion.NOT_JUDGEABLE


def in_order(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """By time."""
    return tuple(sorted(hits, key=lambda hit: (hit.begin_ms, hit.rule, hit.id)))
