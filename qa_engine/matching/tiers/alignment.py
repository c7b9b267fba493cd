"""The weighted syllable alignment, for many (phrase, place) candidates at once.

A phrase lies over the text with at most one character too many or too few. Laid at three
neighbouring offsets, the running sums of the three give every such alignment: one offset up to a
break, the next one after it. Costs are whole units of evidence, so sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.sounds.evidence import FORBIDDEN, SEPARATOR, SoundEvidence, counts_nothing
from qa_engine.matching.sounds.seeds import LONGEST, Ints

Costs = NDArray[np.int16]
MARGIN = LONGEST + 2
"""Separators that must stand before and after the text, so that no window leaves it."""


class AlignmentLayout:
    """Where the ways to lay phrases of up to `width` syllables stand in one row of costs."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.at = np.arange(width)
        self.laid = np.stack([self.at - 1, self.at, self.at + 1])
        """Text positions under a phrase laid one to the left, here, one to the right."""
        self.breaks = slice(1, width)
        ends = np.cumsum([1, width - 1, width - 1, width, width]).tolist()
        self.inserted_right = slice(ends[0], ends[1])
        self.inserted_left = slice(ends[1], ends[2])
        self.deleted_left = slice(ends[2], ends[3])
        self.deleted_right = slice(ends[3], ends[4])
        self.options = ends[4]
        self.begin_shift = np.zeros(self.options, np.int64)
        self.begin_shift[self.inserted_left] = -1
        self.begin_shift[self.deleted_right] = 1
        self.end_shift = np.zeros(self.options, np.int64)
        self.end_shift[self.inserted_right] = 1
        self.end_shift[self.deleted_left] = -1


SHORT, LONG = AlignmentLayout(5), AlignmentLayout(LONGEST)


@dataclass(frozen=True, slots=True)
class Text:
    """Text as the alignment reads it: texts parted by separators, `MARGIN` of them at the edges."""

    codes: NDArray[np.uint16]
    rows: Ints
    inserted: Costs

    @classmethod
    def of(cls, texts: list[str], table: SoundEvidence) -> Text:
        edge = SEPARATOR * MARGIN
        joined = edge + SEPARATOR.join(texts) + edge
        codes = np.frombuffer(joined.encode("utf-16-le"), np.uint16)
        inserted = table.inserted.take(codes)
        if "一" in joined:
            idle = [at for at, c in enumerate(joined) if c == "一" and counts_nothing(joined, at)]
            inserted[idle] = table.least_inserted
        return cls(codes, table.row_of.take(codes), inserted)


@dataclass(frozen=True, slots=True)
class Aligned:
    """The cheapest alignment of each candidate in `kept`."""

    kept: Ints
    begin: Ints
    end: Ints
    cost: Costs


_NO_INTS = np.zeros(0, np.int64)
_NONE = Aligned(_NO_INTS, _NO_INTS, _NO_INTS, np.zeros(0, np.int16))


def align(
    layout: AlignmentLayout,
    table: SoundEvidence,
    text: Text,
    symbols: Ints,
    lengths: Ints,
    offsets: Ints,
    most: Costs,
) -> Aligned:
    """Aligns row i of `symbols` (padded with 0) at `offsets[i]`, keeping costs up to `most[i]`.

    Where alignments cost alike, the first of these wins, and then the leftmost break: neither too
    many nor too few; one too many, the phrase begun here; one too many, begun one earlier; one too
    few, begun here; one too few, begun one later.
    """
    under = text.rows.take(layout.laid[:, :, None] + offsets)
    under += symbols.T
    cost = table.cost.take(under)
    likely = _may_cost_at_most(table, cost, most)
    if not len(likely):
        return _NONE
    cost = cost[:, :, likely].transpose(2, 0, 1)
    symbols, lengths, offsets = symbols[likely], lengths[likely], offsets[likely]
    options = _options(layout, table, text, cost, symbols, offsets)
    kept = (options.min(axis=1) <= most[likely]).nonzero()[0]
    options, lengths, offsets = options[kept], lengths[kept], offsets[kept]
    best = options.argmin(axis=1)
    return Aligned(
        kept=likely[kept],
        begin=offsets + layout.begin_shift[best],
        end=offsets + lengths + layout.end_shift[best],
        cost=options[np.arange(len(best)), best],
    )


def _may_cost_at_most(table: SoundEvidence, cost: Costs, most: Costs) -> Ints:
    """Candidates that no lower bound rules out: laid straight, or each syllable where it is
    cheapest. `cost` is [way laid, syllable, candidate].
    """
    left, here, right = cost
    cheapest = np.minimum(np.minimum(left, here), right)
    broken = cheapest.sum(axis=0, dtype=np.int16)
    broken += np.minimum(table.least_inserted, table.least_deleted - cheapest.max(axis=0))
    straight = here.sum(axis=0, dtype=np.int16)
    found: Ints = ((broken <= most) | (straight <= most)).nonzero()[0]
    return found


def _options(
    layout: AlignmentLayout,
    table: SoundEvidence,
    text: Text,
    cost: Costs,
    symbols: Ints,
    offsets: Ints,
) -> Costs:
    """The cost of every way to lay each phrase; `cost` is of its syllables, laid three ways."""
    before = np.zeros((len(offsets), 3, layout.width + 1), np.int16)
    np.cumsum(cost, axis=2, out=before[:, :, 1:])
    after = before[:, :, -1:] - before
    inserted = text.inserted.take(offsets[:, None] + layout.at)
    deleted = table.deleted.take(symbols)
    left, here, right = before[:, 0], before[:, 1], before[:, 2]
    left_rest, here_rest, right_rest = after[:, 0], after[:, 1], after[:, 2]
    breaks = layout.breaks
    options = np.empty((len(offsets), layout.options), np.int16)
    options[:, 0] = here[:, -1]
    part = options[:, layout.inserted_right]
    np.add(here[:, breaks], right_rest[:, breaks], out=part)
    part += inserted[:, 1:]
    part = options[:, layout.inserted_left]
    np.add(left[:, breaks], here_rest[:, breaks], out=part)
    part += inserted[:, :-1]
    part[symbols[:, 1:] == 0] = FORBIDDEN
    part = options[:, layout.deleted_left]
    np.add(here[:, :-1], left_rest[:, 1:], out=part)
    part += deleted
    part = options[:, layout.deleted_right]
    np.add(right[:, :-1], here_rest[:, 1:], out=part)
    part += deleted
    return options


assert (LONGEST + 2) * FORBIDDEN <= np.iinfo(np.int16).max
