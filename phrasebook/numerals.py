"""Small numbers as people write them in a rule: 前三句, 至少两次, 三十秒."""

from __future__ import annotations

import re

__all__ = ["with_digits"]

_ONES = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}
_WORD = re.compile(rf"[{''.join(_ONES)}十]+")


def with_digits(text: str) -> str:
    """The text with 三 as 3 and 三十五 as 35; what is no number below a hundred stays."""
    return _WORD.sub(lambda found: _digits(found[0]), text)


def _digits(word: str) -> str:
    if word.count("十") > 1:
        return word
    tens, ten, ones = word.rpartition("十")
    if len(tens) > 1 or (ten and len(ones) > 1) or (not ten and len(ones) != 1):
        return word
    value = (_ONES.get(tens, 1) * 10 if ten else 0) + _ONES.get(ones, 0)
    return str(value)
