"""What a recogniser makes of a sentence: other characters of the same or a near sound, lost ones,
and what people do while they speak: stutter and fillers. The same seed gives the same noise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from random import Random

from models.judging.features import sound

__all__ = ["Noise"]

SWAPPED = 0.12
LOST = 0.03
STUTTERED = 0.04
FILLED = 0.25
FILLERS = ("嗯", "呃", "啊", "那个", "就是", "这个", "就是说", "额", "那么", "然后")
_NEAR = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("l", "n"), ("f", "h"), ("ng", "n"))
"""Sounds that accents and recognisers take for each other."""


class Noise:
    """Confusions among the characters of the given texts."""

    def __init__(self, texts: Iterable[str], seed: int = 0) -> None:
        self._random = Random(seed)
        together: dict[str, set[str]] = defaultdict(set)
        for char in sorted({char for text in texts for char in text}):
            if (syllable := sound(char)) != char:
                together[_folded(syllable)].add(char)
        self._alike = {
            char: sorted(others - {char}) for others in together.values() for char in others
        }

    def misheard(self, sentence: str) -> str:
        """The sentence as it might come out of a recogniser."""
        random, out = self._random, list[str]()
        for char in sentence:
            chance = random.random()
            if chance < LOST:
                continue
            alike = self._alike.get(char)
            if alike and chance < LOST + SWAPPED:
                out.append(random.choice(alike))
            elif chance > 1 - STUTTERED:
                out.append(char * 2)
            else:
                out.append(char)
        if random.random() < FILLED:
            out.insert(random.randint(0, len(out)), random.choice(FILLERS))
        return "".join(out)


def _folded(syllable: str) -> str:
    for one, other in _NEAR:
        if syllable.startswith(one):
            syllable = other + syllable[len(one) :]
        if syllable.endswith(one):
            syllable = syllable[: -len(one)] + other
    return syllable
