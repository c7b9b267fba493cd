"""What people say all day: heard as it was said, however much it sounds like something else.

帮您解决 is one sound away from 包您解决. A recogniser that wrote the first wrote what is said a
thousand times a day, so no fuzzy reading of it is taken. What a phrasebook tells agents to say, and
what its tests say must miss, counts as everyday speech too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from phrasebook.model import Phrasebook
from qa_engine.matching.text.everyday import everyday
from qa_engine.matching.text.normalise import fold

__all__ = ["Commonplace", "said_by_the_book"]

RUN = 3


class Commonplace:
    """Everyday call-centre speech, and `more` sentences of the same kind."""

    def __init__(self, more: Iterable[str] = ()) -> None:
        self._sentences = "\n".join((_everyday(), *map(fold, more)))
        self._runs = frozenset(map("".join, zip(*_from_each(self._sentences), strict=False)))

    def holds(self, folded: str) -> bool:
        """Whether these folded characters stand, just so, in one of the sentences."""
        return self._may_hold(folded) and folded in self._sentences

    def _may_hold(self, folded: str) -> bool:
        """False where a run of `RUN` characters stands nowhere, which most searches end with."""
        return self._runs.issuperset(map("".join, zip(*_from_each(folded), strict=False)))


def said_by_the_book(phrasebook: Phrasebook) -> Iterator[str]:
    """Sentences that a phrasebook holds to be right."""
    for entry in phrasebook.entries:
        yield from entry.suggest
        yield from entry.tests.miss
    for step in phrasebook.steps:
        yield step.prompt
        yield from step.tests.hit


def _from_each(text: str) -> Iterator[str]:
    """The text from its first, second … `RUN`th character on."""
    return (text[begin:] for begin in range(RUN))


@cache
def _everyday() -> str:
    return "\n".join(fold(line.text) for line in everyday())
