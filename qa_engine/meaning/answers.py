"""What an answer may be, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AnswerState", "Given", "Provenance", "Quoted", "Untold"]


class AnswerState(StrEnum):
    WAITING = "waiting"
    """Nobody has answered yet."""
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"
    CANNOT_TELL = "cannot_tell"
    """无法判断: there is no answer, or none that has evidence."""


class Untold(StrEnum):
    """Why an answer is missing, or does not count."""

    NONE = ""
    CONDITION = "condition"
    """The question's `if` is not so."""
    UNKNOWN_DATA = "unknown_data"
    NOT_JUDGEABLE = "not_judgeable"
    MALFORMED = "malformed"
    """Not the form that was asked for, also when asked again."""
    LEFT_OUT = "left_out"
    """Other questions of the same request were answered."""
    NO_QUOTE = "no_quote"
    WRONG_QUOTE = "wrong_quote"
    """The words that are quoted were not said there."""
    UNKNOWN_ID = "unknown_id"
    """There is no such utterance."""
    WRONG_SPEAKER = "wrong_speaker"
    """Yes, but nothing is quoted of the one the question is about."""
    REFUSED = "refused"
    CUT = "cut"
    """The answer was broken off at the limit of its length."""
    REJECTED = "rejected"
    """The server takes no such request, such as one longer than its model reads."""
    TOO_LONG = "too_long"
    """The call is longer than the model may be given."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """Characters of an utterance."""

    utterance: int
    begin_char: int
    end_char: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What an answer needs to be asked for again."""

    model: str = ""
    fingerprint: str = ""
    """What the server calls the very build that answered."""
    prompt: str = ""
    transcript: str = ""
    """sha256 of what was sent of the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as it was read and checked."""

    item: str
    state: AnswerState
    why: Untold = Untold.NONE
    reason: str = ""
    confidence: float = 0.0
    quotes: tuple[Quoted, ...] = ()
    by: Provenance = Provenance()
