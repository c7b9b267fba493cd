"""A matcher that reads many utterances at once: the past, unlike a caller, does not wait."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Self

from phrasebook import Phrasebook
from qa_engine.matching import Matcher
from qa_engine.matching.cached_matcher import CachedMatcher
from qa_engine.matching.match import Match

__all__ = ["ReadAhead"]


class ReadAhead(CachedMatcher):
    """Finds what `Matcher` finds. The first of the `coming` texts to be read brings them all.

    What is coming is told to the class, since a call's relations are found by matchers that the
    call makes for itself.
    """

    coming: ClassVar[tuple[str, ...]] = ()

    def __init__(self, phrasebook: Phrasebook) -> None:
        super().__init__(phrasebook)
        self._read: tuple[str, ...] = ()
        self._is_ahead = True

    @classmethod
    def seldom(cls, phrasebook: Phrasebook) -> Matcher:
        return CachedMatcher(phrasebook)

    def without_exceptions(self) -> Self:
        """It is asked where a sentence means something no pattern found, and that is seldom."""
        other = super().without_exceptions()
        other._is_ahead = False
        return other

    @classmethod
    def expect(cls, texts: Iterable[str]) -> None:
        """Every text that is read often is read once."""
        cls.coming = tuple(dict.fromkeys(texts))

    def find(self, text: str, *, min_score: float | None = None) -> list[Match]:
        if min_score is None and self._is_ahead and self._read is not self.coming:
            self._read = self.coming
            fresh = [text for text in self._read if text not in self.known]
            for one, found in zip(fresh, self._found_in(fresh), strict=True):
                self.remember(one, found)
        return super().find(text, min_score=min_score)

    def _found_in(self, texts: list[str]) -> list[list[Match]]:
        return self.find_many(texts)
