"""Pieces found in a text, joined into whole ways: order, gaps, any order, number slots."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations

from qa_engine.events import Tier
from qa_engine.matching.patterns.rows import Number, PatternRow, Pick, Shuffle, Space, SpelledRun
from qa_engine.matching.text.numerals import SLOTS

MOST_SPANS = 64
"""At most so many partial joins are followed from one row; calls are short, loops of 的 are not."""


@dataclass(frozen=True, slots=True)
class PieceHit:
    """A piece heard at `begin:end` of a folded text. `context_score`: beside other pieces."""

    piece: int
    begin: int
    end: int
    tier: Tier
    score: float
    context_score: float


@dataclass(frozen=True, slots=True)
class PieceSpan:
    """A row of items heard at `begin:end`; `hits` are its pieces from left to right."""

    begin: int
    end: int
    score: float
    hits: tuple[PieceHit, ...]


@dataclass(frozen=True)
class PhraseHeard:
    """One folded text and the pieces found in it."""

    text: str
    hits: Sequence[PieceHit]

    @cached_property
    def by_piece(self) -> Mapping[int, list[PieceHit]]:
        grouped: dict[int, list[PieceHit]] = {}
        for hit in self.hits:
            grouped.setdefault(hit.piece, []).append(hit)
        return grouped

    @cached_property
    def _numbers(self) -> dict[str, list[PieceSpan]]:
        return {}

    @cached_property
    def _spans(self) -> dict[int, list[PieceSpan]]:
        return {}

    def spans(self, item: SpelledRun | Number | Pick | Shuffle) -> list[PieceSpan]:
        """Where an item stands. Many ways share a list or a run: each is looked for once a text."""
        found = self._spans.get(id(item))
        if found is None:
            found = self._spans[id(item)] = _spans(item, self)
        return found

    def numbers(self, name: str) -> list[PieceSpan]:
        """Where a built-in slot stands."""
        if name not in self._numbers:
            found = SLOTS[name].finditer(self.text) if name in SLOTS else ()
            self._numbers[name] = [PieceSpan(m.start(), m.end(), 1.0, ()) for m in found]
        return self._numbers[name]


def assemble(row: PatternRow, heard: PhraseHeard) -> list[PieceSpan]:
    """Every way to hear the row; where two begin and end alike, the likelier."""
    spans: list[PieceSpan] | None = None
    gap = 0
    for item in row:
        if isinstance(item, Space):
            gap += item.most
            continue
        found = heard.spans(item)
        spans = found if spans is None else _joined(spans, found, gap)
        if not spans:
            return []
        gap = 0
    return spans or []


def _spans(item: SpelledRun | Number | Pick | Shuffle, heard: PhraseHeard) -> list[PieceSpan]:
    match item:
        case SpelledRun(pieces):
            return [
                PieceSpan(hit.begin, hit.end, hit.context_score, (hit,))
                for piece in pieces
                for hit in heard.by_piece.get(piece, ())
            ]
        case Number(name):
            return heard.numbers(name)
        case Pick(rows):
            standing = rows.standing(heard.by_piece)
            if not standing:
                return []
            return _best(span for row in standing for span in assemble(row, heard))
        case Shuffle(rows, most):
            return _shuffled([assemble(row, heard) for row in rows], most)


def _joined(left: Iterable[PieceSpan], right: Sequence[PieceSpan], gap: int) -> list[PieceSpan]:
    return _best(
        PieceSpan(a.begin, b.end, a.score * b.score, a.hits + b.hits)
        for a in left
        for b in right
        if 0 <= b.begin - a.end <= gap
    )


def _shuffled(parts: Sequence[list[PieceSpan]], most: int) -> list[PieceSpan]:
    if not all(parts):
        return []
    found: list[PieceSpan] = []
    for order in permutations(parts):
        spans = order[0]
        for part in order[1:]:
            spans = _joined(spans, part, most)
        found.extend(spans)
    return _best(found)


def _best(spans: Iterable[PieceSpan]) -> list[PieceSpan]:
    best: dict[tuple[int, int], PieceSpan] = {}
    for span in spans:
        known = best.get((span.begin, span.end))
        if known is None or span.score > known.score:
            best[span.begin, span.end] = span
    if len(best) <= MOST_SPANS:
        return list(best.values())
    return sorted(best.values(), key=lambda s: (-s.score, s.begin, s.end))[:MOST_SPANS]


def tier_of(span: PieceSpan) -> Tier:
    """The least certain tier of its pieces."""
    return max((hit.tier for hit in span.hits), key=_ORDER.index, default=Tier.EXACT)


_ORDER = (Tier.EXACT, Tier.HOMOPHONE, Tier.FUZZY)
