"""Utterances cut into passages of a few seconds, and what each of them sounds like."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from models.recogniser import Word
from qa_engine.events import Role, Utterance
from qa_engine.prosody.contour import Contour, semitones
from qa_engine.rules.voices import characters, speaking_ms

__all__ = ["Passage", "movement_st", "passages"]

LONGEST_MS = 5_000
"""A longer utterance is looked at in parts: a voice rises within a sentence."""
_LEAST_VOICED = 5
"""Points with a pitch; with fewer nobody can say how the voice went."""
_LEAST_RATE_CHARACTERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How a few seconds of one person sounded, by itself."""

    role: Role
    utterance: int
    begin_ms: int
    end_ms: int
    pitch_hz: float
    """Its middle."""
    curve_hz: tuple[int, ...]
    """Every 80 ms; 0 where there is no pitch."""
    movement_st: float
    """How far the voice goes up and down: from its 10th to its 90th percentile, in semitones."""
    level_dbfs: float
    rate_cpm: float | None
    """Characters a minute of speaking; None where too little was said, or not understood."""


def passages(utterance: Utterance) -> Iterator[Passage]:
    """In order of time; none where the voice cannot be measured."""
    contour = utterance.contour
    if contour is None:
        return
    length_ms = utterance.end_ms - utterance.begin_ms
    parts = max(1, round(length_ms / LONGEST_MS))
    edges = [length_ms * number // parts for number in range(parts + 1)]
    for begin_ms, end_ms in pairwise(edges):
        found = _passage(utterance, contour.part(begin_ms, end_ms), begin_ms, end_ms)
        if found is not None:
            yield found


def _passage(said: Utterance, contour: Contour, begin_ms: int, end_ms: int) -> Passage | None:
    voiced = [n for n, hz in enumerate(contour.pitch_hz) if hz]
    if len(voiced) < _LEAST_VOICED:
        return None
    power = sum(10 ** (contour.level_dbfs[n] / 10) for n in voiced) / len(voiced)
    pitches = [contour.pitch_hz[n] for n in voiced]
    return Passage(
        role=said.role,
        utterance=said.id,
        begin_ms=said.begin_ms + begin_ms,
        end_ms=said.begin_ms + end_ms,
        pitch_hz=float(median(pitches)),
        curve_hz=contour.pitch_hz,
        movement_st=movement_st(pitches),
        level_dbfs=round(10 * math.log10(power), 1),
        rate_cpm=_rate(said, said.begin_ms + begin_ms, said.begin_ms + end_ms),
    )


def movement_st(pitches: Sequence[float]) -> float:
    """From the 10th to the 90th percentile, in semitones."""
    ordered = sorted(pitches)
    tenth = len(ordered) // 10
    return round(semitones(ordered[-1 - tenth], ordered[tenth]), 2)


def _rate(said: Utterance, begin_ms: int, end_ms: int) -> float | None:
    if not said.intelligible:
        return None
    words = tuple(word for word in said.words if begin_ms <= _middle(word) < end_ms)
    count = characters("".join(word.text for word in words))
    if count < _LEAST_RATE_CHARACTERS:
        return None
    spoken_ms = speaking_ms(_only(said, words))
    return round(count * 60_000 / spoken_ms, 1) if spoken_ms > 0 else None


def _middle(word: Word) -> int:
    return (word.begin_ms + word.end_ms) // 2


def _only(said: Utterance, words: tuple[Word, ...]) -> Utterance:
    return replace(said, words=words)
