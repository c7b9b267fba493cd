"""The tree of one pattern line, as `phrasebook.parse` reads it and the matcher compiles it.

    [可选]      optional        Optional_(Sequence)
    (甲|乙)     choice          Choice(branches)
    {名单}      list            Slot("名单")
    ... / ...10 ordered gap     Gap(max_chars)
    甲 & 乙     any order       AnyOrder(parts, max_chars)
    "加V"       no phonetics    Literal("加V", phonetic=False)
    ^甲  甲$    edges of a clause   Pattern(opens=True), Pattern(closes=True)

A pattern is a `Sequence`. Spaces between parts mean nothing; characters are what was typed.
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_GAP = 6


@dataclass(frozen=True, slots=True)
class Literal:
    """A run of characters to be said; `phonetic=False` allows no homophone and no fuzzy edit."""

    text: str
    phonetic: bool = True


@dataclass(frozen=True, slots=True)
class Slot:
    """One of a named list: either the pack's own list or a built-in such as 百分比, 数字, 金额."""

    name: str


@dataclass(frozen=True, slots=True)
class PatternGap:
    """Up to `max_chars` characters of anything between two parts, in order."""

    max_chars: int = DEFAULT_GAP


@dataclass(frozen=True, slots=True)
class Optional_:
    body: Sequence


@dataclass(frozen=True, slots=True)
class Choice:
    branches: tuple[Sequence, ...]


@dataclass(frozen=True, slots=True)
class AnyOrder:
    """All parts in any order, neighbours at most `max_chars` apart."""

    parts: tuple[Sequence, ...]
    max_chars: int = DEFAULT_GAP


@dataclass(frozen=True, slots=True)
class Sequence:
    items: tuple[Node, ...]


Node = Literal | Slot | PatternGap | Optional_ | Choice | AnyOrder


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line as typed, and its tree."""

    source: str
    root: Sequence
    opens: bool = False
    """Said only where a clause begins: after a pause or punctuation, hesitation apart."""
    closes: bool = False
    """Said only where a clause ends: 我不需要$ is not 我不需要发票. 了, 啊, 吧 … may follow."""
