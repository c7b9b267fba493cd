"""What people say all day: heard as it was said, however much it sounds like something else.

帮您解决 is one sound away from 包您解决. A recogniser that wrote the first wrote what is said a
thousand times a day, so no fuzzy reading of it is taken. What a phrasebook tells agents to say, and
what its tests say must miss, counts as everyday speech too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from phrasebook.model import Phrasebook
from qa_engine.matching.everyday import everyday
from qa_engine.matching.normalise import fold

__all__ = ["Commonplace", "said_by_the_book"]


class Commonplace:
    """Everyday call-centre speech, and `more` sentences of the same kind."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._more = "\n".join(map(fold, more))

    def holds(self, folded: str) -> bool:
        """Whether these folded characters stand, just so, in one of the sentences."""
        return folded in self._more or folded in _everyday()


def said_by_the_book(phrasebook: Phrasebook) -> Iterator[str]:
    """Sentences that a phrasebook holds to be right."""
    for entry in phrasebook.entries:
        yield from entry.suggest
        yield from entry.tests.miss
    for step in phrasebook.steps:
        yield step.prompt
        yield from step.tests.hit


@cache
def _everyday() -> str:
    return "\n".join(fold(line.text) for line in everyday())
