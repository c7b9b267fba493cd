"""What the desk keeps, row by row: appeals, calibrations, tasks, coaching, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Appeal:
    """`review`: what is objected to; None: the machine's own score."""

    id: int
    call_id: str
    review: int | None
    by: str
    reason: str
    made_at: datetime
    state: str
    """open, accepted or rejected."""
    answered_by: str
    answer: str
    answered_at: datetime | None
    due_at: datetime | None
    score_before: float | None
    score_after: float | None
    findings: Sequence[str]
    """Ids and keys of the findings that are contested; none: the score as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedAppeal(Appeal):
    """With what a list tells of its call."""

    agent: str
    team: str
    started_at: datetime
    inspector: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """One call that several judge blind."""

    id: int
    call_id: str
    title: str
    inspectors: Sequence[str]
    made_by: str
    made_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A call that is to be judged; `seat` is who must do it, empty: any inspector."""

    id: int
    call_id: str
    purpose: str
    seat: str
    reasons: Sequence[str]
    priority: int
    state: str
    locked_by: str
    locked_until: datetime | None
    made_at: datetime
    done_at: datetime | None
    opened_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A comment on a second of a call; `note`: the one it was given with."""

    id: int
    call_id: str
    at_ms: int
    words: str
    by: str
    made_at: datetime
    note: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoosePin(Pin):
    """With when its call began."""

    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenPin(LoosePin):
    """With how long its call was."""

    duration_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CoachingNote:
    id: int
    agent: str
    title: str
    words: str
    by: str
    given_at: datetime
    read_at: datetime | None
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNote(CoachingNote):
    """With how many comments it has."""

    pins: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNotice:
    """`subject` is the call or the note that it is about."""

    id: int
    login: str
    kind: str
    subject: str
    at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """`query` is the address of the search page behind its ?."""

    id: int
    login: str
    name: str
    query: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetEntry:
    """A sheet that counted for a call once, without what it says."""

    id: int
    call_id: str
    source: str
    review: int | None
    previous: int | None
    author: str
    reason: str
    at: datetime
    score: float | None
    passed: bool | None
    fatal: bool
    hit_count: int
    trigger_count: int
    waiting_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What counts for a call that people judged."""

    call_id: str
    score: float | None
    passed: bool | None
    fatal: bool
    source: str
    review: int
    at: datetime
    sheet: int | None
    hit_count: int
    trigger_count: int
    waiting_count: int
