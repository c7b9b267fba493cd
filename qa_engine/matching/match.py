"""What the matcher tells: where a phrase stands in a text, how surely, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from qa_engine.events import Tier

OwnerKind = Literal["entry", "step"]


@dataclass(frozen=True, slots=True)
class Misheard:
    """Characters `begin:end` of the original text that are read as `phrase`."""

    begin: int
    end: int
    phrase: str


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
    misheard: tuple[Misheard, ...] = ()
    """What of it stands otherwise in the text, left to right; empty in the exact tier."""
    parts: tuple[tuple[int, int], ...] = ()
    """Where its runs of words stand, gaps and numbers left out; empty: all of it is one run."""

    def moved(self, chars: int) -> Match:
        """The same match in a text that begins `chars` characters earlier (or later, if < 0)."""
        if not chars:
            return self
        return replace(
            self,
            begin=self.begin + chars,
            end=self.end + chars,
            misheard=tuple(
                Misheard(one.begin + chars, one.end + chars, one.phrase) for one in self.misheard
            ),
            parts=tuple((begin + chars, end + chars) for begin, end in self.parts),
        )
