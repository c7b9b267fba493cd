"""The exact and homophone tiers: one Aho-Corasick pass over the sounds of a text.

A phrase that is written right also sounds right, so one automaton over sounds finds both tiers, and
comparing characters tells them apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import ahocorasick

from qa_engine.matching.patterns.pieces import PatternPiece, keys
from qa_engine.matching.text.characters import characters


class HomophoneIndex:
    """Finds every piece whose sounds stand in a text, overlapping ones too."""

    def __init__(self, pieces: Sequence[PatternPiece]) -> None:
        table = characters()
        self._pieces = pieces
        self._sound = table.sound
        found: dict[str, list[int]] = {}
        for number, piece in enumerate(pieces):
            for key in dict.fromkeys(keys(piece, table)):
                found.setdefault(key, []).append(number)
        self._automaton = ahocorasick.Automaton()
        for spelled, numbers in found.items():
            self._automaton.add_word(spelled, (len(spelled), tuple(numbers)))
        if found:
            self._automaton.make_automaton()
        self._is_empty = not found

    def scan(self, prepared: str) -> Iterable[tuple[int, tuple[int, tuple[int, ...]]]]:
        """Pairs `(last character, (length, pieces))` over prepared, unfolded text.

        Positions count folded characters. This is the whole cost for text without a hit.
        """
        if self._is_empty:
            return ()
        hits: Iterable[tuple[int, tuple[int, tuple[int, ...]]]] = self._automaton.iter(
            prepared.translate(self._sound)
        )
        return hits

    def find(self, folded: str) -> Iterator[tuple[int, int, int, bool]]:
        """Yields `(piece, begin, end, is_exact)` over folded text."""
        for last, (length, numbers) in self.scan(folded):
            begin, end = last + 1 - length, last + 1
            heard = folded[begin:end]
            for number in numbers:
                piece = self._pieces[number]
                if heard == piece.text:
                    yield number, begin, end, True
                elif (not piece.literal or piece.written_as_literal(heard)) and length > 1:
                    yield number, begin, end, False
