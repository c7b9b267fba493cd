"""Text as one digit after the other, with the way back: 双零 is 零零, 三个八 is 八八八.

People do not always read digit by digit. What they say in short is written out here, so that the
rules see plain digits; `Unfolded.span` leads from there back to the characters that were said.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from qa_engine.privacy.digits import RADIO_ONLY, SPOKEN

_ONES = "一二三四五六七八九"
_VALUE = {sign: n for n, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "幺": 1}
_DIGIT = "[" + "".join(sign for sign in SPOKEN if sign not in RADIO_ONLY) + "]"
_TIMES = {"双": 2, "俩": 2, "两": 2, **{sign: n for n, sign in enumerate("三四五六七八", 3)}}
_REPEATED = re.compile(rf"(双|[俩两三四五六七八]个)[\s，,]?({_DIGIT})(?![个位点块元年月天号])")
_GROUP = re.compile(
    rf"(?P<h>[{_ONES}])百(?:零(?P<u>[{_ONES}])|(?P<t>[{_ONES}])十(?P<v>[{_ONES}])?)?"
    rf"|(?P<k>[{_ONES}])千(?![{_ONES}零])"
    rf"|(?P<x>[{_ONES}])十(?P<y>[{_ONES}])"
)
"""一百三十八, 八千, 五十六: how some read a group of a number."""


@dataclass(frozen=True, slots=True)
class Unfolded:
    """`text[i]` was said at `places[i]`: begin and end in the text it was made from."""

    text: str
    places: tuple[tuple[int, int], ...]

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Where `text[begin:end]` was said."""
        return self.places[begin][0], self.places[end - 1][1]


def repeated(text: str) -> Unfolded | None:
    """With 双零 and 三个八 written out; None where there is nothing of the kind."""
    return _rewritten(text, _REPEATED, lambda found: found[2] * _TIMES[found[1][0]])


def grouped(text: str) -> Unfolded | None:
    """With 一百三十八 as 138, too; None where there is nothing of the kind."""
    return _rewritten(text, _GROUP, _digits_of)


def _digits_of(found: re.Match[str]) -> str:
    if found["k"]:
        return f"{_VALUE[found['k']]}000"
    if found["x"]:
        return f"{_VALUE[found['x']]}{_VALUE[found['y']]}"
    tens, ones = _VALUE.get(found["t"] or "零", 0), found["v"] or found["u"] or "零"
    return f"{_VALUE[found['h']]}{tens}{_VALUE[ones]}"


def _rewritten(
    text: str, pattern: re.Pattern[str], write: Callable[[re.Match[str]], str]
) -> Unfolded | None:
    parts: list[str] = []
    places: list[tuple[int, int]] = []
    done = 0
    for found in pattern.finditer(text):
        before = text[done : found.start()]
        digits = write(found)
        parts += (before, digits)
        places += [(i, i + 1) for i in range(done, found.start())]
        places += [found.span()] * len(digits)
        done = found.end()
    if not done:
        return None
    parts.append(text[done:])
    places += [(i, i + 1) for i in range(done, len(text))]
    return Unfolded("".join(parts), tuple(places))
