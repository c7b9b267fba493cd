"""The weighted syllable alignment, for many (phrase, place) candidates at once.

A phrase lies over the text with at most one character too many or too few. Laid at three
neighbouring offsets, the running sums of the three give every such alignment: one offset up to a
break, the next one after it. Costs are whole units of evidence, so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.evidence import FORBIDDEN, SEPARATOR, Evidence, counts_nothing
from qa_engine.matching.seeds import LONE, LONGEST, Ints

Costs = NDArray[np.int16]
MARGIN = LONGEST + 2
"""Separators that must stand before and after the text, so that no window leaves it."""
_BREAKS = slice(1, LONGEST)
_AT = np.arange(LONGEST)
_LAID = np.stack([_AT - 1, _AT, _AT + 1])
"""Text positions under a phrase laid one to the left, here, one to the right."""
_INSERTED_RIGHT = slice(1, LONGEST)
_INSERTED_LEFT = slice(LONGEST, 2 * LONGEST - 1)
_DELETED_LEFT = slice(2 * LONGEST - 1, 3 * LONGEST - 1)
_DELETED_RIGHT = slice(3 * LONGEST - 1, 4 * LONGEST - 1)
_OPTIONS = 4 * LONGEST - 1
_BEGIN_SHIFT = np.zeros(_OPTIONS, np.int64)
_BEGIN_SHIFT[_INSERTED_LEFT] = -1
_BEGIN_SHIFT[_DELETED_RIGHT] = 1
_END_SHIFT = np.zeros(_OPTIONS, np.int64)
_END_SHIFT[_INSERTED_RIGHT] = 1
_END_SHIFT[_DELETED_LEFT] = -1


@dataclass(frozen=True, slots=True)
class Text:
    """Text as the alignment reads it: texts parted by separators, `MARGIN` of them at the edges."""

    codes: NDArray[np.uint16]
    rows: Ints
    inserted: Costs

    @classmethod
    def of(cls, texts: list[str], table: Evidence) -> Text:
        edge = SEPARATOR * MARGIN
        joined = edge + SEPARATOR.join(texts) + edge
        codes = np.frombuffer(joined.encode("utf-16-le"), np.uint16)
        inserted = table.inserted.take(codes)
        if "一" in joined:
            idle = [at for at, c in enumerate(joined) if c == "一" and counts_nothing(joined, at)]
            inserted[idle] = table.idle_one
        return cls(codes, table.row_of.take(codes), inserted)


@dataclass(frozen=True, slots=True)
class Aligned:
    """The cheapest alignment of each candidate in `kept`."""

    kept: Ints
    begin: Ints
    end: Ints
    cost: Costs


def compare(
    table: Evidence, text: Text, symbols: Ints, lengths: Ints, offsets: Ints, most: Costs
) -> Aligned:
    """Short phrases (up to `LONE` syllables) laid at their offsets, none too many nor too few."""
    under = text.rows.take(offsets[:, None] + _AT[:LONE])
    under += symbols[:, :LONE]
    cost = table.cost.take(under).sum(axis=1, dtype=np.int16)
    kept = (cost <= most).nonzero()[0]
    begin = offsets[kept]
    return Aligned(kept, begin, begin + lengths[kept], cost[kept])


def align(
    table: Evidence, text: Text, symbols: Ints, lengths: Ints, offsets: Ints, most: Costs
) -> Aligned:
    """Aligns row i of `symbols` (padded with 0) at `offsets[i]`, keeping costs up to `most[i]`.

    Where alignments cost alike, the first of these wins, and then the leftmost break: neither too
    many nor too few; one too many, the phrase begun here; one too many, begun one earlier; one too
    few, begun here; one too few, begun one later.
    """
    under = text.rows.take(offsets[:, None, None] + _LAID)
    under += symbols[:, None, :]
    before = np.zeros((len(offsets), 3, LONGEST + 1), np.int16)
    np.cumsum(table.cost.take(under), axis=2, out=before[:, :, 1:])
    after = before[:, :, -1:] - before
    inserted = text.inserted.take(offsets[:, None] + _AT)
    deleted = table.deleted.take(symbols)
    left, here, right = before[:, 0], before[:, 1], before[:, 2]
    left_rest, here_rest, right_rest = after[:, 0], after[:, 1], after[:, 2]
    options = np.empty((len(offsets), _OPTIONS), np.int16)
    options[:, 0] = here[:, -1]
    np.add(here[:, _BREAKS], right_rest[:, _BREAKS], out=options[:, _INSERTED_RIGHT])
    options[:, _INSERTED_RIGHT] += inserted[:, 1:]
    np.add(left[:, _BREAKS], here_rest[:, _BREAKS], out=options[:, _INSERTED_LEFT])
    options[:, _INSERTED_LEFT] += inserted[:, :-1]
    options[:, _INSERTED_LEFT][symbols[:, 1:] == 0] = FORBIDDEN
    np.add(here[:, :-1], left_rest[:, 1:], out=options[:, _DELETED_LEFT])
    options[:, _DELETED_LEFT] += deleted
    np.add(right[:, :-1], here_rest[:, 1:], out=options[:, _DELETED_RIGHT])
    options[:, _DELETED_RIGHT] += deleted
    kept = (options.min(axis=1) <= most).nonzero()[0]
    options = options[kept]
    best = options.argmin(axis=1)
    return Aligned(
        kept=kept,
        begin=offsets[kept] + _BEGIN_SHIFT[best],
        end=offsets[kept] + lengths[kept] + _END_SHIFT[best],
        cost=options[np.arange(len(best)), best],
    )


assert (LONGEST + 2) * FORBIDDEN <= np.iinfo(np.int16).max
