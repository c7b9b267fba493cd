"""The lists every pack has without writing them: numbers and what is made of them.

A matcher recognises their text (百分之八, 8%, 三点五); a pack may not define a list of these names.
"""

from __future__ import annotations

from collections.abc import Iterator

from phrasebook.pattern import (
    AnyOrder,
    Choice,
    Node,
    Optional_,
    Pattern,
    PatternGap,
    Sequence,
    Slot,
)

BUILTIN_LISTS: dict[str, str] = {
    "数字": "a number in digits or Chinese numerals: 12, 十二, 3.5, 三点五",
    "百分比": "a percentage: 8%, 百分之八, 八个点",
    "金额": "a sum of money: 50元, 五十块, 一万二",
    "时间": "a time or a span of time: 三点半, 5分钟, 明天, 二十四小时",
    "电话": "a telephone number, digit by digit: 12315, 幺零零八六",
}


def slots(node: Pattern | Sequence | Node) -> Iterator[str]:
    """The names of the lists that a pattern uses, in the order typed."""
    match node:
        case Slot(name):
            yield name
        case Pattern(root=body) | Optional_(body):
            yield from slots(body)
        case Sequence(parts) | Choice(parts) | AnyOrder(parts):
            for part in parts:
                yield from slots(part)


def is_plain(node: Pattern | Sequence | Node) -> bool:
    """Whether a pattern is words, options and choices only: what a list's value may be."""
    match node:
        case Slot() | PatternGap() | AnyOrder():
            return False
        case Pattern(root=body) | Optional_(body):
            return is_plain(body)
        case Sequence(parts) | Choice(parts):
            return all(map(is_plain, parts))
        case _:
            return True
