"""A matcher that reads many utterances at once: the past, unlike a caller, does not wait."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from phrasebook import Phrasebook
from qa_engine.matching import Matcher
from qa_engine.matching.match import Match


class ReadAhead(Matcher):
    """Finds what `Matcher` finds. The first of the `coming` texts to be read brings them all.

    What is coming is told to the class, since a call's relations are found by matchers that the
    call makes for itself.
    """

    coming: ClassVar[tuple[str, ...]] = ()
    most_kept: ClassVar[int] = 100_000
    """Texts whose matches are remembered: much of what is said, is said every day."""

    def __init__(self, phrasebook: Phrasebook) -> None:
        super().__init__(phrasebook)
        self._read: tuple[str, ...] = ()
        self._found: dict[str, list[Match]] = {}

    @classmethod
    def expect(cls, texts: Iterable[str]) -> None:
        """Every text that is read often is read once."""
        cls.coming = tuple(dict.fromkeys(texts))

    def find(self, text: str, *, min_score: float | None = None) -> list[Match]:
        if min_score is not None:
            return super().find(text, min_score=min_score)
        if self._read is not self.coming:
            self._read = self.coming
            self._read_all()
        found = self._found.get(text)
        return super().find(text) if found is None else found

    def _read_all(self) -> None:
        if len(self._found) > self.most_kept:
            self._found = {}
        fresh = [text for text in self._read if text not in self._found]
        self._found.update(zip(fresh, self.find_many(fresh), strict=True))
