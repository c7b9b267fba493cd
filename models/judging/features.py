"""What the judge sees of a sentence: short runs of its characters and of its sounds, hashed.

    这我哪知道 ──> 1这 … 2这我 … 3这我哪 … _这哪 (one left out) … ~zhe-wo … ~zhe-wo-na …

Sounds are toneless syllables, so that what a recogniser writes with other characters of the same
sound looks half the same. Of what was said before only pairs of characters are seen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from pypinyin.constants import PINYIN_DICT

__all__ = ["BUCKETS", "Indices", "features", "plain", "sound"]

BUCKETS = 1 << 17
BEFORE_CHARS = 24
"""So much of what was said before is looked at, from its end."""

Indices = NDArray[np.int32]

_SIGNS = re.compile(r"[\W_]+")
_DIGITS = re.compile(r"\d+")


def plain(text: str) -> str:
    """The sentence without punctuation and spaces, in half width; every number is 0."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _DIGITS.sub("0", _SIGNS.sub("", folded))


def features(sentence: str, before: str = "") -> Indices:
    """The buckets of a sentence, each once, in ascending order; none where it has no character."""
    chars = plain(sentence)
    if not chars:
        return np.empty(0, np.int32)
    seen = {crc32(name.encode()) % BUCKETS for name in _names(chars)}
    tail = plain(before)[-BEFORE_CHARS:]
    seen |= {crc32(f"<{tail[at : at + 2]}".encode()) % BUCKETS for at in range(len(tail) - 1)}
    return np.fromiter(sorted(seen), np.int32, len(seen))


def _names(chars: str) -> Iterator[str]:
    marked = f"^{chars}$"
    sounds = ["^", *map(sound, chars), "$"]
    for at, char in enumerate(marked):
        if 0 < at <= len(chars):
            yield f"1{char}"
        if at + 1 < len(marked):
            yield f"2{marked[at : at + 2]}"
            yield "~" + "-".join(sounds[at : at + 2])
        if at + 2 < len(marked):
            yield f"3{marked[at : at + 3]}"
            yield f"_{char}{marked[at + 2]}"
            yield "~" + "-".join(sounds[at : at + 3])


@lru_cache(8192)
def sound(char: str) -> str:
    """The toneless syllable of a character by its commonest reading, or the character itself."""
    readings = PINYIN_DICT.get(ord(char))
    if not readings:
        return char
    letters = unicodedata.normalize("NFD", readings.split(",")[0])
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
