"""What is decided of a candidate, and what the decision is told."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from phrasebook.model import Entry
from qa_engine.events import Decision, Role

__all__ = ["KEPT", "Around", "Decided", "DecisionReason", "Meant"]


class DecisionReason(StrEnum):
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
    MEANING = "meaning"
    """No pattern matches; the sentence as a whole means it."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, how sure it is (in [0, 1]), and why: a code and one Chinese sentence."""

    decision: Decision
    certainty: float = 1.0
    reason: DecisionReason = DecisionReason.NONE
    reason_zh: str = ""

    @property
    def is_dropped(self) -> bool:
        return self.decision is Decision.DROPPED


KEPT = Decided(Decision.KEPT)


@dataclass(frozen=True, slots=True)
class Meant:
    """A rule that a sentence breaks by its meaning, how likely, and the nearest known breach."""

    entry: Entry
    likely: float
    nearest: str

    @property
    def reason_zh(self) -> str:
        """The sentence of a finding by meaning: which rule, how likely, the nearest example."""
        told = f"没有命中话术，但整句话的意思像“{self.entry.title}”（{self.likely:.0%}）"
        return told + (f"，近似的例句：“{self.nearest}”" if self.nearest else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Who speaks, and what the other side said last before the sentence ("" where nothing)."""

    role: Role
    before: str = ""
    piece: tuple[int, int] | None = None
    """Where the utterance itself stands in a sentence of several breaths; None: it is all of it."""
