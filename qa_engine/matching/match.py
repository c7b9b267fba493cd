"""What the matcher tells: where a phrase stands in a text, how surely, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qa_engine.events import Tier

OwnerKind = Literal["entry", "step"]


@dataclass(frozen=True, slots=True)
class Match:
    """One way of saying an entry or a step, found at `begin:end` of the original text."""

    owner: str
    """The id of the entry or step; for a plain phrase list the phrase itself."""
    kind: OwnerKind
    phrase: str
    """The variant that was matched, written out; gaps as …"""
    begin: int
    end: int
    heard: str
    """`text[begin:end]`, as the recogniser wrote it."""
    tier: Tier
    score: float
    """About how probable it is that the phrase was said, in [0, 1], the same in every tier."""
    why: str
    pattern_index: int
    """Which of the owner's `say` lines it was, from 0."""
