"""What a pattern sounds like when it is said: texts for the linter to try it on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from phrasebook.model import Phrasebook
from phrasebook.pattern import AnyOrder, Choice, Literal, Node, Optional_, Pattern, PatternGap, Slot
from phrasebook.pattern import Sequence as PatternSequence

__all__ = ["Lists", "samples", "widest_gap"]

Lists = Mapping[str, tuple[Pattern, ...]]

MOST_REPEATS = 20
"""A pattern that says the same again and again is not followed for ever."""
BUILT_IN = {
    "数字": "三",
    "百分比": "百分之八",
    "金额": "五十元",
    "时间": "三天",
    "电话": "幺三八零零幺三八零零零",
    "号码": "幺三八零零幺三八零零零",
}


def samples(pattern: Pattern, phrasebook: Phrasebook, most: int) -> list[str]:
    """Up to `most` different texts of a pattern, gaps left empty, lists said through."""
    found: dict[str, None] = {}
    for text in islice(_said(pattern.root, phrasebook.lists), most * MOST_REPEATS):
        found[text] = None
        if len(found) == most:
            break
    return list(found)


def widest_gap(node: Node | PatternSequence) -> int:
    """The most characters of anything that may stand inside the pattern."""
    match node:
        case PatternGap(max_chars):
            return max_chars
        case AnyOrder(parts, max_chars):
            return max(max_chars, *(widest_gap(part) for part in parts))
        case PatternSequence(items):
            return max((widest_gap(item) for item in items), default=0)
        case Choice(branches):
            return max((widest_gap(branch) for branch in branches), default=0)
        case Optional_(body):
            return widest_gap(body)
        case Literal() | Slot():
            return 0


def _said(node: Node | PatternSequence, lists: Lists) -> Iterator[str]:
    match node:
        case PatternSequence(items):
            yield from _in_row(items, lists)
        case Literal(text):
            yield text
        case PatternGap():
            yield ""
        case Optional_(body):
            yield from _said(body, lists)
            yield ""
        case Choice(branches):
            for branch in branches:
                yield from _said(branch, lists)
        case AnyOrder(parts):
            yield from _in_row(parts, lists)
        case Slot(name) if name in lists:
            for value in lists[name]:
                yield from _said(value.root, lists)
        case Slot(name):
            yield BUILT_IN.get(name, "")


def _in_row(items: tuple[Node | PatternSequence, ...], lists: Lists) -> Iterator[str]:
    """One after the other; `itertools.product` would draw every way before the first is asked."""
    if not items:
        yield ""
        return
    for head in _said(items[0], lists):
        for tail in _in_row(items[1:], lists):
            yield head + tail
