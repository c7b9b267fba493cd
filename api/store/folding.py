"""Words as they are searched: 我，不 知道 and 我不知道 are one, so are １３８, 138 and 一三八."""

from __future__ import annotations

from functools import lru_cache

from qa_engine.hearing.simplified import simplified
from qa_engine.matching.text.normalise import normalise
from qa_engine.matching.text.numerals import spellings

_SAID = str.maketrans("幺两", "一二")


@lru_cache(maxsize=20_000)
def folded(text: str) -> str:
    """Without punctuation and space; width, case, digits and Traditional characters folded."""
    return normalise(text).text.translate(_SAID)


def ways(typed: str) -> list[str]:
    """What is typed in every writing of its numbers, folded: 100元 is 一百元 and 一零零元."""
    plain = simplified(typed)
    return [way for way in dict.fromkeys(map(folded, (plain, *spellings(plain)))) if way]


def place_of(text: str, typed: str) -> tuple[int, int] | None:
    """Where in a text what was typed stands, in characters of the text; None: nowhere."""
    read = normalise(text)
    plain = read.text.translate(_SAID)
    for way in ways(typed):
        begin = plain.find(way)
        if begin >= 0:
            return read.span(begin, begin + len(way))
    return None
