"""Chinese characters to numbered pinyin, and the closed list of toneless syllables."""

from __future__ import annotations

import re
from functools import cache

from pypinyin import Style, lazy_pinyin

HAN = re.compile(r"[\u4e00-\u9fff]")
_PAUSE = {"，": ", ", "。": ". ", "？": "? ", "！": ". ", "、": ", ", ",": ", "}
_NOT_HAN = re.compile(r"[^\u4e00-\u9fff]+")


def characters(text: str) -> str:
    """``text`` without anything but Chinese characters."""
    return _NOT_HAN.sub("", text)


def pinyin(text: str) -> list[str]:
    """Numbered pinyin with tone sandhi, one item per character (``wo3``, ``de5``)."""
    return lazy_pinyin(
        text, style=Style.TONE3, neutral_tone_with_five=True, tone_sandhi=True, errors="ignore"
    )


def spoken_form(text: str) -> tuple[str, list[str]]:
    """What espeak is given for ``text``, and the numbered pinyin of its characters.

    Every clause is converted by itself, so that sandhi does not reach across a pause.
    """
    parts: list[str] = []
    syllables: list[str] = []
    for piece in re.split(r"([，。？！、,])", text):
        if piece in _PAUSE:
            parts.append(_PAUSE[piece])
        elif han := characters(piece):
            read = pinyin(han)
            if len(read) != len(han):
                raise ValueError(f"{len(han)} characters but {len(read)} syllables")
            syllables += read
            parts.append(" ".join(read) + " ")
    return "".join(parts), syllables


def toneless(syllable: str) -> tuple[str, int]:
    """``zhi1`` to ``("zhi", 1)``; an unmarked tone is the neutral tone 5."""
    return (syllable[:-1], int(syllable[-1])) if syllable[-1:].isdigit() else (syllable, 5)


@cache
def syllable_of(character: str) -> str:
    """The commonest toneless reading of one character."""
    return lazy_pinyin(character)[0]


def syllables(text: str) -> list[str]:
    """Toneless syllables of the characters of ``text``, as the syllable error rate counts them."""
    return [toneless(s)[0] for s in pinyin(characters(text))]
