"""Text as the matcher reads it, with the way back to the text as it was written.

Width, case, Traditional characters and digits are folded, punctuation and space dropped.
What a phrase may hold without being another (hesitation, stutter, 儿 …) is `readings.py`'s.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from qa_engine.matching.text.characters import UNKNOWN, characters

_DECIMAL_POINT = re.compile(r"(?<=\d)[.．](?=\d)")
_MARKUP = re.compile(r"<(?:unk|UNK|noise|NOISE|s|/s)>")
_CLOCK = re.compile(r"(?<=\d)[:：](?=\d\d(?!\d))")
_PRICE = re.compile(r"[¥￥](?=\d)")
_RADIO = re.compile("[零一二三四五六七八九幺两洞拐勾0-9]{3,}")
_RADIO_DIGITS = str.maketrans("洞拐勾", "零七九")


@dataclass(frozen=True, slots=True)
class Normalised:
    """Folded characters; `offsets[i]` is where character i stands in the original text.

    `offsets` has one more entry than `text`: the end of the original of the last character.
    """

    text: str
    offsets: Sequence[int]
    lacks_words: bool = False
    """Words that an exception may need (这个, 就是 …) are left out."""

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Characters begin:end of the folded text as begin:end of the original."""
        return self.offsets[begin], self.offsets[end - 1] + 1

    def folded(self, begin: int, end: int) -> tuple[int, int]:
        """Characters begin:end of the original text as begin:end of the folded text."""
        return bisect_left(self.offsets, begin), bisect_left(self.offsets, end)


def prepared(text: str) -> str:
    """1.2, 15:30, ¥50 and 洞拐 as they are said, and markup as one symbol; the same length."""
    if "." in text or "．" in text:
        text = _DECIMAL_POINT.sub("点", text)
    if ":" in text or "：" in text:
        text = _CLOCK.sub("点", text)
    if "¥" in text or "￥" in text:
        text = _PRICE.sub("元", text)
    if "洞" in text or "拐" in text or "勾" in text:
        text = _RADIO.sub(lambda m: m[0].translate(_RADIO_DIGITS), text)
    if "<" in text:
        text = _MARKUP.sub(lambda m: UNKNOWN + " " * (len(m[0]) - 1), text)
    return text


def normalise(text: str) -> Normalised:
    """Folds the text and keeps the offset of every character that stays."""
    text = prepared(text)
    table = characters().fold
    folded = text.translate(table)
    if len(folded) == len(text) and table.growing.isdisjoint(text):
        return Normalised(folded, range(len(text) + 1))
    offsets = [i for i, c in enumerate(text) for _ in table[ord(c)]]
    return Normalised(folded, [*offsets, len(text)])


def fold(text: str) -> str:
    """Folded characters alone, for phrases."""
    return prepared(text).translate(characters().fold)
