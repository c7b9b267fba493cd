"""A matcher that reads no text twice: 好的 and the greeting are said in every call."""

from __future__ import annotations

from typing import Self

from phrasebook import Phrasebook
from qa_engine.matching import Matcher
from qa_engine.matching.match import Match

_MOST = 100_000
"""Texts that are remembered, some 20 MB; then it begins anew."""


class CachedMatcher(Matcher):
    """Finds what `Matcher` finds; for one thread."""

    def __init__(self, phrasebook: Phrasebook) -> None:
        super().__init__(phrasebook)
        self.known: dict[str, list[Match]] = {}

    def without_exceptions(self) -> Self:
        other = super().without_exceptions()
        other.known = {}
        return other

    def find(self, text: str, *, min_score: float | None = None) -> list[Match]:
        if min_score is not None:
            return super().find(text, min_score=min_score)
        found = self.known.get(text)
        return self.remember(text, super().find(text)) if found is None else found

    def remember(self, text: str, found: list[Match]) -> list[Match]:
        if len(self.known) >= _MOST:
            self.known.clear()
        self.known[text] = found
        return found
