"""A prompt, what becomes of it, and the limits that prompts are held to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from qa_engine.events import Role

RANK = {"low": 0, "medium": 1, "high": 2, "critical": 3}
PromptKind = Literal["phrase", "step", "conduct"]


class PromptState(StrEnum):
    SHOWN = "shown"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    DISMISSED = "dismissed"
    NOT_RIGHT = "not_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What would be shown. `hit` is the id of the hit it hangs on, if any."""

    id: str
    kind: PromptKind
    rule: str
    severity: str
    title: str
    heard: str = ""
    by: Role = Role.AGENT
    suggest: tuple[str, ...] = ()
    coach: str = ""
    hit: str | None = None
    provisional: bool = False
    end_ms: int = 0
    """When the words that it hangs on had been said."""
    wanted_ms: int = 0
    shown_ms: int = 0


@dataclass(frozen=True, slots=True)
class PromptChange:
    """A prompt that is now in this state."""

    state: PromptState
    prompt: Prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptLimits:
    """Times in ms of the call; confidences in [0, 1]."""

    early_confidence: float = 0.5
    """From here on a hit is shown before its utterance is final."""
    shown_ms: int = 12_000
    """A prompt leaves by itself after this."""
    replace_ms: int = 4_000
    """A prompt of the same severity waits until the one before has stood this long …"""
    lesser_replace_ms: int = 8_000
    """… and a less severe one this long."""
    wait_ms: int = 8_000
    rest_ms: int = 30_000
    """The same rule is not prompted again within this."""
    budget: int = 20
    conduct_rest_ms: int = 60_000
    conduct_budget: int = 4
