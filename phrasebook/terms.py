"""The closed sets that rules are made of, and the place where something was typed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Speaker(StrEnum):
    """Whose words an entry or a step listens to."""

    AGENT = "agent"
    CUSTOMER = "customer"
    ANY = "any"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Strictness(StrEnum):
    """宽, 中, 严: how far a phrase may be misheard and still count."""

    LOOSE = "loose"
    NORMAL = "normal"
    STRICT = "strict"


class Audience(StrEnum):
    """Who is told of a hit while the call runs."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    REVIEW = "review"


class Kind(StrEnum):
    """What an entry's hit means: words not to be said, or a trigger that requires a step."""

    FORBIDDEN = "forbidden"
    TRIGGER = "trigger"


class Frame(StrEnum):
    """What may stand around a phrase so that it does not mean what it says.

    A rule that wants a phrase found in spite of a frame leaves it out of its `frames`.
    """

    QUOTED = "quoted"
    NEGATION = "negation"
    CONDITION = "condition"
    CORRECTION = "correction"
    RHETORIC = "rhetoric"
    ECHO = "echo"
    ASKING = "asking"
    CONCESSION = "concession"
    ATTRIBUTE = "attribute"


ALL_FRAMES = frozenset(Frame) - {Frame.QUOTED}
"""What a rule heeds where it says nothing; `quoted` has a key of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where something was typed: a YAML line (from 1) or a sheet cell such as `entries!B7`."""

    path: str
    line: int
    cell: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """The part of the call, counted from either end, in ms or in turns of the speaker."""

    first_ms: int | None = None
    last_ms: int | None = None
    first_turns: int | None = None
    last_turns: int | None = None
