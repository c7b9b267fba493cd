"""Seeds: where in a text might a phrase stand, roughly heard?

Two syllables of a phrase, at most three apart, whose coarse sounds stand in the text at the same
distance. The table of all such pairs is addressed directly by `(distance, sound, sound)`, so a
lookup costs no hashing and no Python per character. Long phrases must be seeded several times over
at one offset, which is what keeps 100,000 phrases from drowning the alignment.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.evidence import evidence

Ints = NDArray[np.int64]
LONGEST = 12
"""Syllables of the longest phrase that is searched in one piece."""
_DISTANCES = {4: 3}
_DISTANCE = 2
_OFFSET_BITS = 24
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1


def farthest(length: int) -> int:
    """How far apart the two syllables of a seed may stand in a phrase of this length."""
    return _DISTANCES.get(length, _DISTANCE)


def wanted_seeds(length: int) -> int:
    """How many seeds at one offset make a phrase of this length worth aligning."""
    return 1 if length <= 5 else 2 if length <= 8 else 3


class SeedIndex:
    """Pairs of coarse sounds to the phrases that hold them."""

    def __init__(self, sounds: Sequence[Sequence[int]]) -> None:
        table = evidence()
        self._classes = table.coarse_classes
        self._coarse_of = table.coarse_of
        lengths = np.array([len(row) for row in sounds], np.int64)
        self._wanted = np.array([wanted_seeds(n) for n in range(LONGEST + 1)])[lengths]
        padded = np.zeros((len(sounds), LONGEST + 3), np.int64)
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            coarse = table.coarse_of_sound[np.array([sounds[row] for row in rows])]
            padded[rows, :length] = coarse
        reach = np.array([farthest(n) for n in range(LONGEST + 1)])[lengths]
        keys: list[Ints] = []
        posts: list[Ints] = []
        for distance in (1, 2, 3):
            first, second = padded[:, :LONGEST], padded[:, distance : distance + LONGEST]
            held = (first > 0) & (second > 0) & (reach >= distance)[:, None]
            phrase, at = np.nonzero(held)
            keys.append(self._key(distance, first[held], second[held]))
            posts.append((phrase << _OFFSET_BITS) + LONGEST - at)
        key, post = np.concatenate(keys), np.concatenate(posts)
        order = np.argsort(key, kind="stable")
        self._posts = post[order]
        self._begin = np.searchsorted(
            key[order], np.arange(3 * self._classes * self._classes + 1)
        ).astype(np.int32)

    def _key(self, distance: int, first: Ints, second: Ints) -> Ints:
        return ((distance - 1) * self._classes + first) * self._classes + second

    def candidates(self, codes: NDArray[np.uint16]) -> tuple[Ints, Ints]:
        """Phrases and the positions where their first syllables would stand; each pair once.

        `codes` are UTF-16 codes, texts parted by separators; positions may be negative.
        """
        coarse = self._coarse_of[codes].astype(np.int64)
        rows = coarse * self._classes
        size = self._classes * self._classes
        key = np.concatenate(
            [
                rows[:-1] + coarse[1:],
                rows[:-2] + coarse[2:] + size,
                rows[:-3] + coarse[3:] + 2 * size,
            ]
        )
        begin = self._begin[key]
        count = self._begin[key + 1] - begin
        hit = np.flatnonzero(count)
        count = count[hit]
        ends = np.cumsum(count)
        if not len(ends) or not ends[-1]:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        at = np.concatenate([np.arange(len(codes) - d) for d in (1, 2, 3)])[hit]
        source = np.repeat(begin[hit] - ends + count, count) + np.arange(ends[-1])
        found = self._posts[source] + np.repeat(at, count)
        found.sort()
        edge = np.flatnonzero(np.diff(found, prepend=-1))
        votes = np.diff(edge, append=len(found))
        found = found[edge]
        phrase = found >> _OFFSET_BITS
        enough = votes >= self._wanted[phrase]
        return phrase[enough], (found[enough] & _OFFSET_MASK) - LONGEST
