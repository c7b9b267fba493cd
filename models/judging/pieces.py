"""A sentence cut into the pieces that the reader has a vector for: the likeliest cut there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["UNKNOWN", "Pieces"]

PADDING, UNKNOWN = 0, 1
FIRST = 2
"""The number of the first piece; before it stand padding and what no piece covers."""
WORSE_THAN_ANY = 10.0
"""Nats by which an unknown character is less likely than the rarest piece."""


class Pieces:
    """Pieces with their log probabilities (T. Kudo, ACL 2018); immutable."""

    def __init__(self, names: Sequence[str], scores: Sequence[float]) -> None:
        self._known: Mapping[str, tuple[int, float]] = {
            name: (number, float(score))
            for number, (name, score) in enumerate(zip(names, scores, strict=True), FIRST)
        }
        self._longest = max(map(len, names), default=1)
        self._unknown = min(scores, default=0.0) - WORSE_THAN_ANY

    def cut(self, chars: str) -> list[int]:
        """The numbers of the pieces of a text without punctuation (`features.plain`)."""
        known, unknown, longest = self._known, self._unknown, self._longest
        size = len(chars)
        best = [0.0] + [-1e30] * size
        back = [(0, UNKNOWN)] * (size + 1)
        for begin in range(size):
            here = best[begin]
            for end in range(begin + 1, min(size, begin + longest) + 1):
                found = known.get(chars[begin:end])
                if found is None:
                    if end > begin + 1:
                        continue
                    found = UNKNOWN, unknown
                if here + found[1] > best[end]:
                    best[end] = here + found[1]
                    back[end] = begin, found[0]
        numbers: list[int] = []
        at = size
        while at:
            at, number = back[at]
            numbers.append(number)
        return numbers[::-1]
