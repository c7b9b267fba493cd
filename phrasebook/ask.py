"""问题: what a person or a language model answers about a call as a whole, with a quote."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from phrasebook.conditions import Condition
from phrasebook.terms import Audience, Severity, Speaker, Where

__all__ = ["Answer", "Ask", "Examples"]


class Answer(StrEnum):
    """回答: what may be answered."""

    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What was said in calls where the answer is known, for whoever answers."""

    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    na: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A question in plain words about one call.

    Its answer is evidence or nothing: yes and no each need a quote. The answer that `wrong` names
    is a finding like a phrase that was said; it waits for an inspector as long as `audience` is
    review, which it is where nobody says otherwise.
    """

    id: str
    title: str
    question: str
    who: Speaker = Speaker.AGENT
    """Whom the question is about."""
    yes: str
    """What counts as yes; and so on."""
    no: str
    na: str = ""
    wrong: Answer | None = Answer.NO
    """The answer that takes points; None: neither does, the answer is only shown."""
    examples: Examples = Examples()
    suggest: tuple[str, ...] = ()
    coach: str = ""
    severity: Severity = Severity.MEDIUM
    audience: Audience = Audience.REVIEW
    points: float = 0.0
    fatal: bool = False
    source: str = ""
    condition: Condition | None = None
    """`if`: asked only where this is known to be true."""
    where: Where
