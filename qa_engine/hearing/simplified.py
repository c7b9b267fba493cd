"""Traditional text as Simplified, one character for one, so that places in the text stay.

Which character stands for another depends on the word (乾隆 but 饼干, 著名 but 看着): OpenCC knows
the words.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from qa_engine.matching.text.characters import TABLES

__all__ = ["simplified"]

_RULES = "tw2s"
_ALREADY = "么"
"""Simplified as it stands; the Traditional character that looks like it is never meant."""
_ALSO = str.maketrans("妳牠祂", "你它它")


def simplified(text: str) -> str:
    """Published Whisper models write some Mandarin in Traditional characters, as it comes."""
    if text.isascii():
        return text
    found: str = _converter().convert(text)
    if len(found) != len(text):
        return text.translate(_table())
    if _ALREADY in text:
        found = "".join(
            before if before == _ALREADY else after
            for before, after in zip(text, found, strict=True)
        )
    return found.translate(_ALSO)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC(_RULES)


@cache
def _table() -> dict[int, str]:
    pairs = (TABLES / "traditional.txt").read_text("utf-8").splitlines()
    return {ord(pair[0]): pair[1] for pair in pairs if pair}
