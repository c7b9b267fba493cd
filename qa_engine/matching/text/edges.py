"""Where a clause begins and ends in text as written: at punctuation, or at the text's edge."""

from __future__ import annotations

import re

__all__ = ["closes_clause", "opens_clause"]

_SIGN = r"[\s，。！？；：、,.!?;:…~]"
_BEFORE = re.compile("(?:[嗯啊哦噢喔呃额哎唉诶呀哈那都]|这个|那个|就是|反正|其实)*$")
_AFTER = re.compile(f"[了的吧啊呀呢嘛哦哈啦喽吗么诶哟呗]*(?:{_SIGN}|$)")
_EDGE = re.compile(f"(?:^|{_SIGN})$")


def opens_clause(text: str, begin: int) -> bool:
    """Whether nothing but hesitation stands before `begin` in its clause."""
    before = text[:begin]
    found = _BEFORE.search(before)
    return found is not None and _EDGE.search(before[: found.start()]) is not None


def closes_clause(text: str, end: int) -> bool:
    """Whether nothing but particles stands from `end` on in its clause."""
    return _AFTER.match(text, end) is not None
