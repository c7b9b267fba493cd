"""The weighted syllable alignment, for many (phrase, place) candidates at once.

A phrase lies over the text with at most one character too many or too few. Laid at three
neighbouring offsets, the running sums of the three give every such alignment: one offset up to a
break, the next one after it. Costs are whole units of evidence, so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.evidence import FORBIDDEN, Evidence
from qa_engine.matching.seeds import LONGEST, Ints

MARGIN = 1
"""Positions read on either side of a candidate's offset."""
_WINDOW = np.arange(-MARGIN, LONGEST + MARGIN)


@dataclass(frozen=True, slots=True)
class Aligned:
    """The cheapest alignment of each candidate."""

    begin: Ints
    end: Ints
    cost: NDArray[np.int16]


def align(
    table: Evidence,
    codes: NDArray[np.uint16],
    symbols: NDArray[np.int32],
    lengths: Ints,
    offsets: Ints,
) -> Aligned:
    """Aligns row i of `symbols` (padded with 0) at `offsets[i]` of the text.

    Positions outside the text cost like a separator. Where two alignments cost alike, the first of:
    none, one too many, one too few wins, and then the leftmost break.
    """
    place = np.clip(offsets[:, None] + _WINDOW, 0, len(codes) - 1)
    heard = codes[place]
    rows = table.row_of[heard]
    left = _prefix(table.cost.take(rows[:, 0:LONGEST] + symbols))
    here = _prefix(table.cost.take(rows[:, 1 : LONGEST + 1] + symbols))
    right = _prefix(table.cost.take(rows[:, 2 : LONGEST + 2] + symbols))
    inserted = table.inserted[heard]
    deleted = table.deleted[symbols]
    beyond = np.where(symbols[:, 1:], np.int16(0), np.int16(FORBIDDEN))
    here_end, left_end, right_end = here[:, -1:], left[:, -1:], right[:, -1:]
    ways = (
        here[:, 1:-1] + inserted[:, 2 : LONGEST + 1] + (right_end - right[:, 1:-1]),
        left[:, 1:-1] + inserted[:, 1:LONGEST] + (here_end - here[:, 1:-1] + beyond),
        here[:, :-1] + deleted + (left_end - left[:, 1:]),
        right[:, :-1] + deleted + (here_end - here[:, 1:]),
    )
    costs = np.stack([here_end[:, 0], *(way.min(axis=1) for way in ways)])
    best = costs.argmin(axis=0)
    return Aligned(
        begin=offsets + _BEGIN_SHIFT[best],
        end=offsets + lengths + _END_SHIFT[best],
        cost=costs[best, np.arange(len(best))],
    )


_BEGIN_SHIFT = np.array([0, 0, -1, 0, 1])
_END_SHIFT = np.array([0, 1, 0, -1, 0])


def _prefix(cost: NDArray[np.int16]) -> NDArray[np.int16]:
    """Running sums along each row, beginning with 0."""
    sums = np.zeros((cost.shape[0], LONGEST + 1), np.int16)
    np.cumsum(cost, axis=1, out=sums[:, 1:])
    return sums


assert (LONGEST + 2) * FORBIDDEN <= np.iinfo(np.int16).max
