"""Everyday call-centre speech with nothing wrong in it, and how likely sounds are in it.

`everyday.txt` is ours, made of templates by `make_everyday`. What a phrase hits in it are false
alarms; what it does not hit is estimated from how often its sounds follow each other.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from qa_engine.events import Role

__all__ = ["CHARS_PER_HOUR", "EverydayLine", "SoundModel", "everyday", "hours", "sound_model"]

CHARS_PER_HOUR = 14_400
"""Four characters a second: an hour of one person's speech without the pauses."""
PAIR_WEIGHT = 20.0
"""A sound seen this often before others has its followers believed as much as the general rate."""


@dataclass(frozen=True, slots=True)
class EverydayLine:
    """One utterance of everyday speech."""

    role: Role
    text: str


@cache
def everyday() -> tuple[EverydayLine, ...]:
    """All lines, read once."""
    roles = {"坐席": Role.AGENT, "客户": Role.CUSTOMER}
    rows = (Path(__file__).parent / "everyday.txt").read_text("utf-8").splitlines()
    return tuple(
        EverydayLine(roles[role], text) for role, text in (row.split("：", 1) for row in rows)
    )


def hours(lines: tuple[EverydayLine, ...]) -> float:
    """How long it takes to say the lines."""
    return sum(len(line.text) for line in lines) / CHARS_PER_HOUR


class SoundModel:
    """How often a row of sounds comes up in everyday speech, by pairs backed off to singles."""

    def __init__(self, rows: list[tuple[int, ...]]) -> None:
        self._singles = Counter(sound for row in rows for sound in row)
        self._pairs = Counter(pair for row in rows for pair in pairwise(row))
        self._total = sum(self._singles.values())

    def expected_per_hour(self, sounds: tuple[int, ...]) -> float:
        """Times an hour that chance puts these sounds in a row; smaller for longer rows."""
        if not sounds:
            return 0.0
        logs = math.log(self._single(sounds[0]))
        for before, after in pairwise(sounds):
            logs += math.log(self._after(before, after))
        return CHARS_PER_HOUR * math.exp(logs)

    def _single(self, sound: int) -> float:
        return (self._singles[sound] + 0.5) / (self._total + 0.5 * 400)

    def _after(self, before: int, after: int) -> float:
        prior = PAIR_WEIGHT * self._single(after)
        return (self._pairs[before, after] + prior) / (self._singles[before] + PAIR_WEIGHT)


@cache
def sound_model() -> SoundModel:
    """The sounds of `everyday()`, counted once."""
    from qa_engine.matching.text.characters import characters
    from qa_engine.matching.text.normalise import normalise

    table = characters()
    return SoundModel([table.sounds_in_text(normalise(line.text).text) for line in everyday()])
