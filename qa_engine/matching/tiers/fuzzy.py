"""The fuzzy tier: seeds, alignment, then how plausible the phrase is beside what was written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from qa_engine.matching.patterns.pieces import PatternPiece
from qa_engine.matching.sounds import scoring
from qa_engine.matching.sounds.evidence import FORBIDDEN, SEPARATOR, evidence, symbols_of
from qa_engine.matching.sounds.seeds import LONGEST, Ints, SeedIndex
from qa_engine.matching.tiers.alignment import (
    LONG,
    MARGIN,
    SHORT,
    AlignmentLayout,
    Costs,
    Text,
    align,
)
from qa_engine.matching.tiers.likelihood import likelihood

SHORTEST = 4
FEW_FOR_ONE_LAYOUT = 1024
"""Up to so many candidates, laying the short ones in a narrower layout costs more than it saves."""
CHUNK_CHARS = 2048
"""Texts are searched together up to about so many characters, which bounds memory."""


@dataclass(frozen=True, slots=True)
class FuzzyHit:
    """A piece heard at `begin:end` of a text with this score; `cost` 0 means sound for sound."""

    text: int
    piece: int
    begin: int
    end: int
    score: float
    cost: int


class FuzzyIndex:
    """Finds pieces of 4 to 12 syllables that were misheard."""

    def __init__(self, pieces: Sequence[PatternPiece]) -> None:
        held = [
            (number, piece)
            for number, piece in enumerate(pieces)
            if SHORTEST <= len(piece.text) <= LONGEST and all(piece.sounds)
        ]
        self._pieces = [piece for _, piece in held]
        self._number = np.array([number for number, _ in held], np.int64)
        self._length = np.array([len(piece.text) for piece in self._pieces], np.int64)
        self._evidence = evidence()
        self._likelihood = likelihood()
        self._symbols = np.zeros((len(held), LONGEST), np.int64)
        for row, piece in enumerate(self._pieces):
            symbols = symbols_of(piece.sounds, piece.text, piece.literal)
            self._symbols[row, : len(symbols)] = symbols
        self._measure()
        self._seeds = SeedIndex([piece.sounds for piece in self._pieces])

    def _measure(self) -> None:
        """How likely each piece is as sounds and as text."""
        codes = _codes("".join(piece.text for piece in self._pieces))
        known = self._likelihood.number[codes]
        ends = np.cumsum(self._length)
        begins = ends - self._length
        step = np.zeros(len(known) + 1)
        step[2 : len(known) + 1] = self._likelihood.follows(known[:-1], known[1:])
        inner = np.cumsum(step)
        self._first, self._last = known[begins], known[ends - 1]
        self.text_nats: NDArray[np.float64] = -(inner[ends] - inner[begins + 1])
        sounds = np.array([s for piece in self._pieces for s in piece.sounds], np.int64)
        heard = np.concatenate([[0.0], np.cumsum(self._likelihood.sound_nats[sounds])])
        opening = -self._likelihood.begins(self._first)
        self.prior: NDArray[np.float64] = (
            scoring.INTERCEPT
            + scoring.PER_SYLLABLE * self._length
            + scoring.PER_SOUND_NAT * (heard[ends] - heard[begins])
            + scoring.PER_TEXT_NAT * (self.text_nats + opening)
        )
        self._room = self.prior + scoring.PLAUSIBILITY * scoring.MOST_PLAUSIBILITY_NATS

    def priors(self) -> dict[int, float]:
        """Piece number to its prior evidence."""
        return dict(zip(self._number.tolist(), self.prior.tolist(), strict=True))

    def search(self, texts: Sequence[str], least_score: float) -> Iterator[FuzzyHit]:
        """Hits of at least this score in folded texts."""
        if not self._pieces:
            return
        begin = 0
        size = 0
        for end, text in enumerate(texts, 1):
            size += len(text)
            if size >= CHUNK_CHARS or end == len(texts):
                yield from self._search_chunk(texts[begin:end], begin, least_score)
                begin, size = end, 0

    def _search_chunk(
        self, texts: Sequence[str], first_text: int, least_score: float
    ) -> Iterator[FuzzyHit]:
        text = Text.of(list(texts), self._evidence)
        least = scoring.evidence_for(least_score)
        phrase, begin, end, cost = self._aligned(text, least)
        if not len(phrase):
            return
        codes = text.codes
        log_odds = (
            self.prior[phrase]
            - cost / scoring.UNITS
            + scoring.PLAUSIBILITY * self._plausibility(codes, phrase, begin, end)
        )
        starts = list(accumulate((len(text) + 1 for text in texts), initial=MARGIN))
        kept = (log_odds >= least).nonzero()[0]
        columns = (phrase[kept], begin[kept], end[kept], cost[kept], log_odds[kept])
        for of, at, to, lost, odds in zip(*(column.tolist() for column in columns), strict=True):
            number = bisect_right(starts, at) - 1
            at, to = at - starts[number], to - starts[number]
            piece = self._pieces[of]
            if piece.literal and not _has_literals(piece, texts[number][at:to]):
                continue
            yield FuzzyHit(
                text=first_text + number,
                piece=int(self._number[of]),
                begin=at,
                end=to,
                score=scoring.score_of(odds),
                cost=lost,
            )

    def _aligned(self, text: Text, least: float) -> tuple[Ints, Ints, Ints, Costs]:
        """Phrase, begin, end and cost of all that may still reach the evidence `least`."""
        seeded = self._seeds.candidates(text.codes)
        room = (self._room.take(seeded.phrase) - least) * scoring.UNITS
        most = np.minimum(room, FORBIDDEN - 1).astype(np.int16)
        if len(room) <= FEW_FOR_ONE_LAYOUT:
            return self._laid(LONG, text, seeded.phrase, seeded.offset, most)
        groups = [
            self._laid(layout, text, seeded.phrase[of], seeded.offset[of], most[of])
            for layout, of in (
                (SHORT, seeded.is_short.nonzero()[0]),
                (LONG, (~seeded.is_short).nonzero()[0]),
            )
        ]
        phrase, begin, end, cost = map(np.concatenate, zip(*groups, strict=True))
        return phrase, begin, end, cost

    def _laid(
        self, layout: AlignmentLayout, text: Text, phrase: Ints, offset: Ints, most: Costs
    ) -> tuple[Ints, Ints, Ints, Costs]:
        symbols = self._symbols.take(phrase, axis=0)[:, : layout.width]
        lengths = self._length.take(phrase)
        found = align(layout, self._evidence, text, symbols, lengths, offset, most)
        return phrase[found.kept], found.begin, found.end, found.cost

    def _plausibility(
        self, codes: NDArray[np.uint16], phrase: Ints, begin: Ints, end: Ints
    ) -> NDArray[np.float64]:
        """Nats by which the phrase is likelier between its neighbours than what was written."""
        model = self._likelihood
        known = model.number[codes]
        first, last = self._first[phrase], self._last[phrase]
        before, after = known[begin - 1], known[end]
        follows = model.follows(
            np.concatenate([known[:-1], before, last]), np.concatenate([known[1:], first, after])
        )
        texts, count = len(known) - 1, len(phrase)
        written = np.zeros(len(known))
        np.cumsum(follows[:texts], out=written[1:])
        first_follows, last_is_followed = follows[texts : texts + count], follows[texts + count :]
        opens = codes[begin - 1] == ord(SEPARATOR)
        closes = codes[end] == ord(SEPARATOR)
        at_begin, at_end = written[begin], written[end - 1]
        heard = at_end - at_begin
        heard += np.where(opens, model.begins(known[begin]), at_begin - written[begin - 1])
        heard += np.where(closes, 0.0, written[end] - at_end)
        wanted = -self.text_nats[phrase]
        wanted += np.where(opens, model.begins(first), first_follows)
        wanted += np.where(closes, 0.0, last_is_followed)
        most = scoring.MOST_PLAUSIBILITY_NATS
        likelier: NDArray[np.float64] = np.clip(wanted - heard, -most, most)
        return likelier


def _codes(text: str) -> NDArray[np.uint16]:
    return np.frombuffer(text.encode("utf-16-le"), np.uint16)


def _has_literals(piece: PatternPiece, heard: str) -> bool:
    """Whether each literal run of the piece stands in what was heard."""
    run = ""
    for character, fixed in zip(piece.text + " ", (*piece.literal, False), strict=True):
        if fixed:
            run += character
        elif run:
            if run not in heard:
                return False
            run = ""
    return True
