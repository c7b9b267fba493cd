"""Patterns compiled: each variant of a line becomes a way, a row of items to be heard in order.

    年化 ...8 {百分比}  →  Words(年化) Space(0..8) Number(百分比)

A list of the pack is multiplied into the variants while they stay few, so that 保证{收益} is heard
as the one phrase 保证收益; beyond that it stays a `Pick` whose values must touch their neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from phrasebook import pattern as typed
from phrasebook.variants import Atom, Unordered, Variant, count_variants, expand
from qa_engine.matching.patterns.pieces import PieceBook
from qa_engine.matching.patterns.rows import (
    Number,
    PatternRow,
    Pick,
    RowItem,
    Rows,
    Shuffle,
    Space,
    SpelledRun,
    Way,
)
from qa_engine.matching.sounds.seeds import LONGEST
from qa_engine.matching.text.normalise import fold
from qa_engine.matching.text.numerals import SLOTS, spellings

MULTIPLIED_LISTS = 256
MOST_VARIANTS = 4096
"""A line may stand for at most so many ways; a loaded phrasebook has already refused more."""
_COMFORTABLE = 10
_INSIDE_NUMBER = re.compile("[0-9.%零一二三四五六七八九十百千万亿两点]{2}")
_HAS_NUMBER = re.compile("[0-9０-９%％]|[十百千万]|百分之|两")


class WayCompiler:
    """Compiles patterns into ways, sharing pieces between all of them."""

    def __init__(
        self, lists: Mapping[str, tuple[typed.Pattern, ...]], book: PieceBook | None = None
    ) -> None:
        self._lists = lists
        self.book = book or PieceBook()
        self._picks: dict[str, Pick] = {}
        self._words: dict[str, SpelledRun] = {}
        """What many lines share is compiled once: lists by name, runs of characters as typed."""

    def compile(self, pattern: typed.Pattern) -> Iterator[Way]:
        """All ways of one line."""
        inlined = typed.Sequence(tuple(map(self._inline, pattern.root.items)))
        root = inlined if count_variants(inlined) <= MULTIPLIED_LISTS else pattern.root
        for variant in expand(typed.Pattern(pattern.source, root), MOST_VARIANTS):
            row = self._row(variant)
            if row:
                yield Way(row, written_out(variant))

    def words(self, text: str) -> SpelledRun:
        """A run of characters and its other spellings, as pieces."""
        known = self._words.get(text)
        if known is None:
            texts = [text, *spellings(text)] if _HAS_NUMBER.search(text) else [text]
            folded = dict.fromkeys(f for f in map(fold, texts) if f)
            known = self._words[text] = SpelledRun(tuple(map(self.book.add, folded)))
        return known

    def row_of(self, text: str) -> PatternRow:
        """A run of characters as one `SpelledRun`, or several that touch where it is long."""
        return tuple(words for part in cut(text) if (words := self.words(part)).pieces)

    def _inline(self, node: typed.Node) -> typed.Node:
        def inside(sequence: typed.Sequence) -> typed.Sequence:
            return typed.Sequence(tuple(map(self._inline, sequence.items)))

        match node:
            case typed.Slot(name) if name in self._lists:
                return typed.Choice(tuple(inside(value.root) for value in self._lists[name]))
            case typed.Optional_(body):
                return typed.Optional_(inside(body))
            case typed.Choice(branches):
                return typed.Choice(tuple(map(inside, branches)))
            case typed.AnyOrder(parts, most):
                return typed.AnyOrder(tuple(map(inside, parts)), most)
            case _:
                return node

    def _row(self, variant: Variant) -> PatternRow:
        row: list[RowItem] = []
        run: list[typed.Literal] = []
        for atom in (*variant, None):
            if isinstance(atom, typed.Literal):
                run.append(atom)
                continue
            if run:
                row.extend(self._joined(run))
                run = []
            if atom is not None:
                row.append(self._item(atom))
        return tuple(row)

    def _joined(self, run: list[typed.Literal]) -> PatternRow:
        if all(part.phonetic for part in run):
            return self.row_of("".join(part.text for part in run))
        parts = [(fold(part.text), part.phonetic) for part in run]
        text = "".join(folded for folded, _ in parts)
        literal = tuple(not phonetic for folded, phonetic in parts for _ in folded)
        row: list[RowItem] = []
        for part in cut(text):
            row.append(SpelledRun((self.book.add(part, literal[: len(part)]),)))
            literal = literal[len(part) :]
        return tuple(row)

    def _item(self, atom: Atom) -> RowItem:
        match atom:
            case typed.PatternGap(most):
                return Space(most)
            case typed.Slot(name) if name in SLOTS and name not in self._lists:
                return Number(name)
            case typed.Slot(name):
                return self._pick(name)
            case Unordered(parts, most):
                return Shuffle(tuple(map(self._row, parts)), most)
            case typed.Literal():
                raise AssertionError("words are joined before")

    def _pick(self, name: str) -> Pick:
        if name not in self._picks:
            values = self._lists.get(name, ())
            rows = (way.items for value in values for way in self.compile(value))
            self._picks[name] = Pick(Rows(rows, self.book.pieces))
        return self._picks[name]


def cut(text: str) -> list[str]:
    """A run cut into pieces short enough for the fuzzy tier, evenly and never inside a number."""
    parts = -(-len(text) // _COMFORTABLE) if len(text) > LONGEST else 1
    found: list[str] = []
    begin = 0
    for part in range(1, parts + 1):
        end = len(text) * part // parts
        while begin < end < len(text) and _INSIDE_NUMBER.fullmatch(text[end - 1 : end + 1]):
            end += 1
        if end > begin:
            found.append(text[begin:end])
            begin = end
    return found


def written_out(variant: Variant) -> str:
    """A variant as people read it."""
    shown = {typed.PatternGap: "…"}
    out: list[str] = []
    for atom in variant:
        match atom:
            case typed.Literal(text):
                out.append(text)
            case typed.Slot(name):
                out.append("{" + name + "}")
            case Unordered(parts):
                out.append("／".join(map(written_out, parts)))
            case _:
                out.append(shown[typed.PatternGap])
    return "".join(out)
