"""How likely characters are beside each other, from word frequencies: is the phrase likelier here
than what the recogniser wrote?

Text is modelled as words drawn one after the other: `p(b | a)` is how often b follows a inside a
word, plus how often a ends a word times how often b begins one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.text.characters import TABLES, characters

Codes = NDArray[np.uint16]
Nats = NDArray[np.float32]
_UNSEEN = 0.3


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Tables over character numbers; number 0 is any character not known."""

    number: NDArray[np.uint16]
    """UTF-16 code to character number."""
    _single: Nats
    _last: Nats
    _begins: Nats
    _pairs: NDArray[np.uint32]
    _beside: Nats
    sound_nats: Nats
    """Sound number to its surprise."""

    def begins(self, character: NDArray[np.uint16]) -> Nats:
        """Log probability that a text begins with the character (by number)."""
        nats: Nats = np.log(self._begins[character])
        return nats

    def follows(self, before: NDArray[np.uint16], after: NDArray[np.uint16]) -> Nats:
        """Log probability of `after` where `before` was written, element by element."""
        wanted = before.astype(np.uint32) * np.uint32(len(self._single)) + after
        at = np.minimum(np.searchsorted(self._pairs, wanted), len(self._pairs) - 1)
        inside = np.where(self._pairs[at] == wanted, self._beside[at], np.float32(0))
        across = self._last[before] * self._begins[after]
        nats: Nats = np.log((inside + across) / self._single[before])
        return nats

    def advantage(self, phrase: str, heard: str, before: str, after: str) -> float:
        """Nats by which the phrase is likelier than what was heard, between its neighbours.

        `before` and `after` are the characters next to it, empty at the edges of the text.
        """
        return self._of(phrase, before, after) - self._of(heard, before, after)

    def text_nats(self, words: str) -> float:
        """Log probability of words that stand alone."""
        return self._of(words, "", "")

    def _of(self, words: str, before: str, after: str) -> float:
        known = self.number[[ord(c) for c in before + words + after]]
        nats = float(self.follows(known[:-1], known[1:]).sum())
        return nats if before else nats + float(self.begins(known[:1])[0])


@cache
def likelihood() -> Likelihood:
    """Reads `tables/neighbours.npz` (about 20 ms, once a process)."""
    with np.load(TABLES / "neighbours.npz") as stored:
        table = {name: stored[name] for name in stored.files}
    known = table["characters"]
    number = np.zeros(65536, np.uint16)
    number[known] = np.arange(1, len(known) + 1)
    words = float(table["first"].sum())
    begins = (np.r_[0, table["first"]] + _UNSEEN) / (words + 3000)
    first, second = np.divmod(table["pairs"], np.uint32(len(known)))
    return Likelihood(
        number=number,
        _single=(np.r_[0, table["single"]] + 1).astype(np.float32),
        _last=(np.r_[0, table["last"]] + 0.5).astype(np.float32),
        _begins=begins.astype(np.float32),
        _pairs=(first + 1) * np.uint32(len(known) + 1) + second + 1,
        _beside=table["beside"].astype(np.float32),
        sound_nats=_sound_nats(known, table["single"]),
    )


def _sound_nats(known: Codes, single: NDArray[np.uint32]) -> Nats:
    spelled = characters()
    heard = np.full(len(spelled.names), 50.0)
    sounds = [spelled.sound_of.get(chr(code), 0) for code in known]
    np.add.at(heard, sounds, single)
    nats: Nats = -np.log(heard / single.sum()).astype(np.float32)
    return nats
