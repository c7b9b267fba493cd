"""The matches of a text that grows and is revised: only what a revision can change is read again.

    ……………………|………………………|………………………|……………
          start    quiet    seam      right   new characters
                  └── no match in here ──┘

Whether a phrase stands somewhere depends on `reach` characters to either side at most. So left of
the seam the old matches hold; right of it a reading from `start` finds what a whole one would; and
where no match was kept near the seam, none was dropped that crossed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa_engine.matching.call.revisions import Finder
from qa_engine.matching.match import Match
from qa_engine.prefix import common_prefix

__all__ = ["GrowingText"]

_TRANSPARENT = frozenset(
    "嗯呃额額啊哦噢喔唉哎诶欸呀嘛哈那这這个個就是说說然后後怎么麼呢反正"
    "零〇○一二三四五六七八九十百千万萬亿億两兩半几幾幺点點"
    "儿也真完全压根本都可现在目前实"
)
"""Hesitation, numerals and intensifiers, which a phrase may hold any number of: no distance."""


class GrowingText:
    """One utterance's newest text and what stands in it.

    `reach` is how many characters (hesitation and numerals apart) a match and all it depends on
    can cover; None: nobody knows, so every text is read whole.
    """

    def __init__(self, finder: Finder, reach: int | None = None) -> None:
        self._finder = finder
        self._reach = reach
        self._text = ""
        self._matches: list[Match] = []
        self._is_pieced = False

    def read(self, text: str, *, final: bool = False) -> Sequence[Match]:
        """The same as `finder.find(text)`; a final text is read whole in any case."""
        if text != self._text or (final and self._is_pieced):
            start, seam = (0, 0) if final else self._resume_at(text)
            self._is_pieced = start > 0
            kept = [match for match in self._matches if match.end <= seam] if start else []
            self._matches = [*kept, *self._from(text, start, seam)]
            self._text = text
        return self._matches

    def fading(self, off_thresholds: Mapping[str, float]) -> list[Match]:
        """What stands in the text by thresholds a little lower, named for each owner."""
        if not off_thresholds:
            return []
        found = self._finder.find(self._text, min_score=min(off_thresholds.values()))
        return [match for match in found if match.score >= off_thresholds.get(match.owner, 1.0)]

    def _from(self, text: str, start: int, seam: int) -> list[Match]:
        if not start:
            return list(self._finder.find(text)) if text else []
        return [
            match.moved(start)
            for match in self._finder.find(text[start:])
            if match.begin + start >= seam
        ]

    def _resume_at(self, text: str) -> tuple[int, int]:
        """Where to read from, and from where to believe it; (0, 0) to read the whole text."""
        if self._reach is None:
            return 0, 0
        right = common_prefix(self._text, text)
        while True:
            seam = _back(text, right, self._reach)
            quiet = _back(text, seam, self._reach)
            start = _whole_words(text, quiet)
            if start <= 0:
                return 0, 0
            near = [m.begin for m in self._matches if m.end > quiet and m.begin < right]
            if not near:
                return start, seam
            right = min(near)


def _back(text: str, index: int, chars: int) -> int:
    """The place so many characters left of `index`, or 0."""
    while index > 0 and chars > 0:
        index -= 1
        chars -= _counts(text[index])
    return index


def _whole_words(text: str, index: int) -> int:
    """The nearest place left of `index` that cuts no hesitation, number or Latin word in two."""
    while index > 0 and not (_counts(text[index]) and _counts(text[index - 1])):
        index -= 1
    return index


def _counts(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" and char not in _TRANSPARENT
