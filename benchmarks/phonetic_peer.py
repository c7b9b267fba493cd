"""Two peers to measure beside: RapidFuzz over pinyin, and a phonetic corrector.

`PhoneticPeer` is our own writing of what asr-hotword (CapsWriter) says of itself: phrases and text
become phonemes (initial, final), similar phonemes of the textbook (zh/z, n/l, an/ang …) cost half,
a dynamic program finds the best place of each phrase, its likeness is 1 − cost / phonemes, and one
threshold (0.85) decides.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.sounds.syllables import parts
from qa_engine.matching.text.characters import characters

_ALIKE = (
    *(("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"), ("f", "h")),
    *(("an", "ang"), ("en", "eng"), ("in", "ing"), ("ian", "iang"), ("uan", "uang")),
)


def phonemes(text: str) -> list[str]:
    """Initials and finals one after the other; a character without a sound stands for itself."""
    table = characters()
    found: list[str] = []
    for character in text:
        split = parts(table.names[table.sound_of.get(character, 0)])
        if split is None:
            found.append(character)
        else:
            found += [part for part in split if part]
    return found


class PhoneticPeer:
    """Phoneme edit distance of every phrase against every text."""

    @staticmethod
    def search(phrases: list[str], texts: list[str]) -> Iterator[tuple[int, int, float]]:
        """Yields `(phrase, text, likeness)` above 0.6."""
        inventory: dict[str, int] = {}

        def numbered(text: str) -> list[int]:
            return [inventory.setdefault(p, len(inventory)) for p in phonemes(text)]

        wanted = list(map(numbered, phrases))
        heard = list(map(numbered, texts))
        cost = np.ones((len(inventory) + 1, len(inventory) + 1), np.float32)
        np.fill_diagonal(cost, 0)
        for a, b in _ALIKE:
            if a in inventory and b in inventory:
                cost[inventory[a], inventory[b]] = cost[inventory[b], inventory[a]] = 0.5
        longest = max(map(len, heard))
        text = np.full((len(heard), longest), len(inventory))
        for row, codes in enumerate(heard):
            text[row, : len(codes)] = codes
        for phrase, said in enumerate(wanted):
            least = _best_place(cost, said, text)
            for index in np.flatnonzero(least <= 0.4 * len(said)).tolist():
                yield phrase, index, 1 - float(least[index]) / len(said)


def _best_place(
    cost: NDArray[np.float32], phrase: list[int], texts: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The least edit cost of the phrase anywhere in each text; all texts at once."""
    column = np.arange(len(phrase) + 1, dtype=np.float32)[:, None].repeat(len(texts), 1)
    best: NDArray[np.float32] = column[-1].copy()
    for place in range(texts.shape[1]):
        fresh = np.zeros_like(column)
        for row, phoneme in enumerate(phrase, 1):
            fresh[row] = np.minimum(
                np.minimum(column[row] + 1, fresh[row - 1] + 1),
                column[row - 1] + cost[phoneme, texts[:, place]],
            )
        column = fresh
        best = np.minimum(best, column[-1])
    return best


def rapidfuzz_pinyin(phrases: list[str], texts: list[str]) -> Iterator[tuple[int, int, float]]:
    """`partial_ratio` over spelled pinyin, spaces between syllables; yields ratios above 70."""
    from rapidfuzz import fuzz, process

    table = characters()

    def spell(text: str) -> str:
        return " ".join(table.names[table.sound_of.get(c, 0)] or c for c in text)

    spelled = [spell(text) for text in texts]
    for number, phrase in enumerate(phrases):
        found = process.extract(
            spell(phrase), spelled, scorer=fuzz.partial_ratio, score_cutoff=70, limit=None
        )
        for _, ratio, index in found:
            yield number, index, ratio / 100
