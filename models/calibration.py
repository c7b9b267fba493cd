"""What a recogniser's own confidence is worth: measured on speech whose words are known.

Recognisers reckon confidence differently: a Whisper's token probabilities run high, another's low,
and one that is heard twice tells how far both times agree. `qa-engine models measure` finds which
share of the syllables is right at each confidence, and from which one on a text is believed, and
keeps both beside the model. Without that file a confidence stays as the model tells it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from models.errors import CorruptModel
from models.recogniser import Transcript

__all__ = ["FILE_NAME", "ConfidenceCalibration", "Measured", "fitted", "read", "write"]

FILE_NAME: Final = "confidence.json"
_FEWEST: Final = 40
"""Syllables in one step of the curve: fewer say nothing about a share."""
_BELIEVED_WRONGLY: Final = 0.02
"""Of sentences played backwards no more than so many may be believed."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One window: the model's own confidence, and how many of how many syllables were right."""

    confidence: float
    right: int
    syllables: int


@dataclass(frozen=True, slots=True)
class ConfidenceCalibration:
    """`points` are (the model's own confidence, the share of syllables that is right), rising in
    both; `least` is the own confidence from which a sentence is believed, None: as before."""

    points: tuple[tuple[float, float], ...] = ()
    least: float | None = None

    @property
    def name(self) -> str:
        """What a version tells of it; empty without points."""
        if not self.points:
            return ""
        return "+confidence-" + sha256(repr(self.points).encode()).hexdigest()[:8]

    def share(self, confidence: float) -> float:
        """The share of syllables that is right where the model tells this confidence."""
        if not self.points:
            return confidence
        own, right = zip(*self.points, strict=True)
        return float(np.interp(confidence, own, right))

    def applied(self, heard: Transcript) -> Transcript:
        """The transcript with its confidence, and those of its words, as shares."""
        if not self.points:
            return heard
        words = tuple(replace(word, confidence=self.share(word.confidence)) for word in heard.words)
        return replace(heard, confidence=self.share(heard.confidence), words=words)


def fitted(forwards: Sequence[Measured], backwards: Sequence[float]) -> ConfidenceCalibration:
    """From windows of speech, and the confidences of the same played backwards (0 where nothing
    was written, or what was is not believed for other reasons).

    The shares rise with the confidence: neighbours that would fall are pooled.
    """
    steps: list[list[float]] = []
    for one in sorted(forwards, key=lambda one: one.confidence):
        # Own confidence and right syllables, both weighed by syllables; and the syllables.
        steps.append([one.confidence * one.syllables, float(one.right), float(one.syllables)])
        while len(steps) > 1 and (steps[-2][2] < _FEWEST or _share(steps[-2]) >= _share(steps[-1])):
            last = steps.pop()
            steps[-1] = [a + b for a, b in zip(steps[-1], last, strict=True)]
    points = [(own / weight, right / weight) for own, right, weight in steps if weight]
    top = max(points[-1]) if points else 1.0
    # Two that the file could not tell apart are one.
    rising = {round(own, 4): round(right, 4) for own, right in [(0.0, 0.0), *points, (1.0, top)]}
    return ConfidenceCalibration(tuple(sorted(rising.items())), _least(backwards))


def _share(step: Sequence[float]) -> float:
    return step[1] / step[2] if step[2] else 0.0


def _least(backwards: Sequence[float]) -> float | None:
    """Just above what all but the surest of the backward sentences have; None where those were
    written by no confidence, which says nothing of the rest."""
    surest = sorted(backwards, reverse=True)
    allowed = int(_BELIEVED_WRONGLY * len(surest))
    if not surest or not surest[allowed]:
        return None
    return round(min(surest[allowed] + 0.01, 0.99), 4)


def read(directory: Path) -> ConfidenceCalibration:
    """What was measured for this directory, or nothing. Raises `CorruptModel`."""
    path = directory / FILE_NAME
    if not path.is_file():
        return ConfidenceCalibration()
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        points = tuple((float(own), float(right)) for own, right in stated["points"])
        least = stated["least"]
        if any(a >= b for (a, _), (b, _) in pairwise(points)):
            raise ValueError("does not rise")
        return ConfidenceCalibration(points, None if least is None else float(least))
    except (ValueError, TypeError, KeyError) as error:
        expected = "points of rising confidence, and least"
        raise CorruptModel(path, "a calibration that cannot be read", expected) from error


def write(directory: Path, calibration: ConfidenceCalibration) -> None:
    """Beside the weights."""
    stated = {"points": calibration.points, "least": calibration.least}
    text = json.dumps(stated, indent=2, sort_keys=True)
    (directory / FILE_NAME).write_text(text + "\n", encoding="utf-8")
