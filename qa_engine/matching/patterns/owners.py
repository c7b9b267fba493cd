"""Entries and steps compiled: whose ways they are, how strict, and what excuses them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phrasebook.model import Exception_, Phrasebook, Strictness
from qa_engine.matching.match import OwnerKind
from qa_engine.matching.patterns.rows import Rows, Way
from qa_engine.matching.patterns.ways import WayCompiler


@dataclass(frozen=True, slots=True)
class Excuse:
    """An exception compiled: its rows, and how near they excuse (None: where they overlap)."""

    rows: Rows
    near_chars: int | None


@dataclass(frozen=True, slots=True)
class Owner:
    """An entry or a step, as far as one text decides about it."""

    id: str
    kind: OwnerKind
    strict: Strictness
    excuses: tuple[Excuse, ...]


@dataclass(frozen=True, slots=True)
class OwnedWay:
    """A way of saying an owner (by number), and which of its lines it came from."""

    owner: int
    pattern_index: int
    way: Way
    opens: bool = False
    closes: bool = False


class OwnerBuilder:
    """Collects owners and ways while pieces are numbered."""

    def __init__(self, compiler: WayCompiler) -> None:
        self.compiler = compiler
        self.owners: list[Owner] = []
        self.ways: list[OwnedWay] = []

    def add_phrasebook(self, phrasebook: Phrasebook) -> None:
        """All entries and steps."""
        for kind, items in (("entry", phrasebook.entries), ("step", phrasebook.steps)):
            for item in items:
                self.owners.append(
                    Owner(
                        item.id,
                        "entry" if kind == "entry" else "step",
                        item.strict,
                        tuple(map(self._excuse, item.unless)),
                    )
                )
                for index, pattern in enumerate(item.say):
                    for way in self.compiler.compile(pattern):
                        number = len(self.owners) - 1
                        edges = pattern.opens, pattern.closes
                        self.ways.append(OwnedWay(number, index, way, *edges))

    def add_phrases(self, phrases: Iterable[str]) -> None:
        """Plain phrases, each its own rule; no pattern language."""
        for phrase in dict.fromkeys(phrases):
            row = self.compiler.row_of(phrase)
            if row:
                self.owners.append(Owner(phrase, "entry", Strictness.NORMAL, ()))
                self.ways.append(OwnedWay(len(self.owners) - 1, 0, Way(row, phrase)))

    def _excuse(self, exception: Exception_) -> Excuse:
        rows = (way.items for way in self.compiler.compile(exception.pattern))
        return Excuse(Rows(rows, self.compiler.book.pieces), exception.near_chars)
