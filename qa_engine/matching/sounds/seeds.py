"""Seeds: where in a text might a phrase stand, roughly heard?

Two syllables of a phrase, at most three apart, whose coarse sounds stand in the text at the same
distance. The table of all such pairs is addressed directly by `(distance, sound, sound)`, so a
lookup costs no hashing and no Python per character. Long phrases must be seeded several times over
at one offset, which keeps 100,000 phrases from drowning the alignment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.sounds.evidence import evidence

Ints = NDArray[np.int64]
LONGEST = 12
"""Syllables of the longest phrase that is searched in one piece."""
SHORT = 5
"""Syllables of the longest phrase for which one seed is enough."""
_DISTANCES = {4: 3}
_DISTANCE = 2
_OFFSET_BITS = 24
_OFFSET_MASK = (1 << _OFFSET_BITS) - 1


def farthest(length: int) -> int:
    """How far apart the two syllables of a seed may stand in a phrase of this length."""
    return _DISTANCES.get(length, _DISTANCE)


def wanted_seeds(length: int) -> int:
    """How many seeds at one offset make a phrase of this length worth aligning."""
    return 1 if length <= SHORT else 2 if length <= 7 else 3


@dataclass(frozen=True, slots=True)
class Candidates:
    """Phrases and the positions where their first syllables would stand; each pair once."""

    phrase: Ints
    offset: Ints
    is_short: NDArray[np.bool_]
    """Of up to `SHORT` syllables."""


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
            rows = np.flatnonzero(lengths == length).tolist()
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
        begin = np.searchsorted(key[order], np.arange(3 * self._classes * self._classes + 1))
        self._begin = begin[:-1]
        self._count = np.diff(begin)
        self._distance_rows = np.arange(3)[:, None] * self._classes * self._classes

    def _key(self, distance: int, first: Ints, second: Ints) -> Ints:
        return ((distance - 1) * self._classes + first) * self._classes + second

    def candidates(self, codes: NDArray[np.uint16]) -> Candidates:
        """`codes` are UTF-16 codes, texts parted by separators, at least three at the end."""
        coarse = self._coarse_of.take(codes)
        size = len(coarse) - 3
        key = np.empty((3, size), np.int64)
        key[0], key[1], key[2] = coarse[1:-2], coarse[2:-1], coarse[3:]
        key += coarse[:size] * self._classes
        key += self._distance_rows
        count = self._count.take(key).reshape(-1)
        hit = count.nonzero()[0]
        if not len(hit):
            return Candidates(_NOTHING, _NOTHING, _NOTHING.astype(bool))
        count = count[hit]
        ends = count.cumsum()
        source = np.arange(ends[-1])
        source += np.repeat(self._begin[key.reshape(-1)[hit]] - ends + count, count)
        found = self._posts.take(source)
        found += np.repeat(hit % size, count)
        found.sort()
        inner = (found[1:] != found[:-1]).nonzero()[0]
        edge = np.empty(len(inner) + 2, np.int64)
        edge[0], edge[-1] = 0, len(found)
        np.add(inner, 1, out=edge[1:-1])
        votes = edge[1:] - edge[:-1]
        edge = edge[:-1]
        found = found[edge]
        phrase = found >> _OFFSET_BITS
        wanted = self._wanted.take(phrase)
        enough = (votes >= wanted).nonzero()[0]
        offset = (found[enough] & _OFFSET_MASK) - LONGEST
        return Candidates(phrase[enough], offset, wanted[enough] == 1)


_NOTHING = np.zeros(0, np.int64)
