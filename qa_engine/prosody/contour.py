"""Pitch and loudness along one utterance, as plain numbers that travel with it."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["STEP_MS", "Contour", "semitones"]

STEP_MS = 80
"""Two to three points a syllable: enough for a melody, little to carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contour:
    """One point every `STEP_MS` from the utterance's `begin_ms` on."""

    pitch_hz: tuple[int, ...]
    """0 where the voice has no pitch: a consonant, a pause."""
    level_dbfs: tuple[int, ...]
    noise_dbfs: float | None = None
    """How loud the line is where nobody speaks; None where no such moment was heard."""

    def part(self, begin_ms: int, end_ms: int) -> Contour:
        """Of a part of the utterance; times from its begin."""
        first, last = max(0, begin_ms) // STEP_MS, -(-max(0, end_ms) // STEP_MS)
        return Contour(
            pitch_hz=self.pitch_hz[first:last],
            level_dbfs=self.level_dbfs[first:last],
            noise_dbfs=self.noise_dbfs,
        )


def semitones(hz: float, of_hz: float) -> float:
    """How far `hz` lies above `of_hz`."""
    return 12 * math.log2(hz / of_hz)
