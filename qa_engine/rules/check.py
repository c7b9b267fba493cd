"""One check of conduct: what was measured, the limit, where it was passed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from qa_engine.events import Role
from qa_engine.rules.voices import VoiceSpan


class CheckState(StrEnum):
    OK = "ok"
    BREACH = "breach"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One measure against its limits; `spans` are the places to listen to."""

    id: str
    source: str
    state: CheckState
    value: float | None
    unit: str
    """cpm (characters a minute), ms, count, share (0-1) or dbfs."""
    low: float | None = None
    high: float | None = None
    role: Role | None = None
    spans: tuple[VoiceSpan, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Neither spoke."""

    begin_ms: int
    end_ms: int
    excused: bool
    """Inside a hold that the agent announced."""


def not_applicable(check: Check) -> Check:
    """The check as it stands where nothing it measures is known."""
    return replace(check, state=CheckState.NOT_APPLICABLE, value=None, spans=())
