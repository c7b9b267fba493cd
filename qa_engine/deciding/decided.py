"""What is decided of a candidate, and what the decision is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from qa_engine.events import Decision, Role

__all__ = ["KEPT", "Around", "Decided", "Reason"]


class Reason(StrEnum):
    """What a decision rests on: a short code that never changes its meaning."""

    NONE = ""
    INSIDE_WORD = "inside_word"
    FLUENT = "fluent"
    """What was heard is good Chinese as it stands, so it was not misheard."""
    ACROSS_PAUSE = "across_pause"
    QUOTED = "quoted"
    NEGATED = "negated"
    CONDITION = "condition"
    CORRECTED = "corrected"
    RHETORICAL = "rhetorical"
    ECHO = "echo"
    ASKING = "asking"
    CONCESSION = "concession"
    ATTRIBUTE = "attribute"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, how sure it is (in [0, 1]), and why: a code and one Chinese sentence."""

    decision: Decision
    certainty: float = 1.0
    reason: Reason = Reason.NONE
    reason_zh: str = ""

    @property
    def is_dropped(self) -> bool:
        return self.decision is Decision.DROPPED


KEPT = Decided(Decision.KEPT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Who speaks, and what the other side said last before the sentence ("" where nothing)."""

    role: Role
    before: str = ""
