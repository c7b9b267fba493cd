"""What a pattern is compiled to: rows of items to be heard in order, and which rows can stand.

    年化 ...8 {百分比}  →  Words(年化) Space(0..8) Number(百分比)

A phrasebook has thousands of rows; in one text only those can stand whose words were heard.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from qa_engine.matching.patterns.pieces import PatternPiece

__all__ = [
    "Number",
    "PatternRow",
    "Pick",
    "RowIndex",
    "RowItem",
    "Rows",
    "Shuffle",
    "Space",
    "SpelledRun",
    "Way",
]


@dataclass(frozen=True, slots=True)
class SpelledRun:
    """One run of characters in each of its spellings, as piece numbers."""

    pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A built-in slot, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Space:
    """Up to `most` characters of anything."""

    most: int


@dataclass(frozen=True, slots=True)
class Pick:
    """One of several rows."""

    rows: Rows


@dataclass(frozen=True, slots=True)
class Shuffle:
    """Every row once, in any order, neighbours at most `most` characters apart."""

    rows: tuple[tuple[RowItem, ...], ...]
    most: int


RowItem = SpelledRun | Number | Space | Pick | Shuffle
PatternRow = tuple[RowItem, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One variant of one line."""

    items: PatternRow
    phrase: str
    """Written out for people: gaps as …, slots as {名}, any order as ／."""


class RowIndex:
    """Rows by number, found by the pieces that were heard: few of many can stand in one text."""

    def __init__(self, pieces: Sequence[PatternPiece]) -> None:
        self._pieces = pieces
        self._needed: dict[int, tuple[frozenset[int], ...]] = {}
        """For each run of words in a row, the pieces of which one must be heard."""
        self._anchored: dict[int, list[int]] = {}
        self._always: list[int] = []

    def add(self, number: int, row: PatternRow) -> None:
        """A row to look for; it is looked at when its least common piece is heard."""
        needed = self._needed[number] = tuple(frozenset(run.pieces) for run in _runs_of(row))
        if not needed:
            self._always.append(number)
            return
        for piece in max(needed, key=self._shortest):
            self._anchored.setdefault(piece, []).append(number)

    def standing(self, heard: Mapping[int, object]) -> list[int]:
        """The rows of which every run was heard, in order of number. `heard` is by piece."""
        if heard.keys().isdisjoint(self._anchored.keys()):
            return self._always
        found = {number for piece in heard for number in self._anchored.get(piece, ())}
        absent = heard.keys().isdisjoint
        kept = [number for number in found if not any(map(absent, self._needed[number]))]
        return sorted([*kept, *self._always])

    @property
    def is_ever_standing(self) -> bool:
        """Whether some row stands in every text."""
        return bool(self._always)

    def _shortest(self, run: AbstractSet[int]) -> int:
        return min(len(self._pieces[piece].text) for piece in run)


class Rows:
    """Several rows, of which those come back that can stand."""

    def __init__(self, rows: Iterable[PatternRow], pieces: Sequence[PatternPiece]) -> None:
        self._rows = tuple(rows)
        self._index = RowIndex(pieces)
        for number, row in enumerate(self._rows):
            self._index.add(number, row)

    def standing(self, heard: Mapping[int, object]) -> list[PatternRow]:
        """See `RowIndex.standing`."""
        return [self._rows[number] for number in self._index.standing(heard)]


def _runs_of(row: PatternRow) -> Iterator[SpelledRun]:
    """Every run of words that must be heard for the row (not those inside a choice)."""
    for item in row:
        if isinstance(item, SpelledRun):
            yield item
        elif isinstance(item, Shuffle):
            for inner in item.rows:
                yield from _runs_of(inner)
