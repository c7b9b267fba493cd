"""Scores: how probable it is that a phrase was said, one meaning in every tier."""

from __future__ import annotations

from phrasebook.model import Strictness

_HOMOPHONE = {1: (0.0, 0.3), 2: (0.3, 0.85), 3: (0.8, 0.95), 4: (0.96, 0.98)}
_THRESHOLD = {Strictness.LOOSE: 0.35, Strictness.NORMAL: 0.5, Strictness.STRICT: 0.75}


def homophone_score(length: int) -> tuple[float, float]:
    """A homophone's score standing alone, and beside other pieces of its pattern."""
    return _HOMOPHONE.get(length, (0.99, 0.99))


def threshold(strict: Strictness) -> float:
    """The least score a hit of such a rule needs."""
    return _THRESHOLD[strict]
