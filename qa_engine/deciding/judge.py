"""A learned second opinion, where one is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from qa_engine.events import Role

__all__ = [
    "DOUBTED",
    "FATAL_FROM",
    "KEEP_FROM",
    "MAYBE_FROM",
    "SAID",
    "SHAKY",
    "SURE_FROM",
    "Judge",
    "Least",
]


class Least(NamedTuple):
    """How likely a sentence has to break the rule for a candidate in it to stand."""

    kept_from: float
    """Less likely, it waits for a person …"""
    doubted_from: float
    """… and less likely still, it is dropped."""


SAID = Least(0.35, 0.0)
"""Of words that were said as the pattern has them, or sound the same. Among the sentences learned
from, judged unseen, a third of those below .35 break the rule."""
SHAKY = Least(0.65, 0.45)
"""Of words only like them: below .65 one in twelve breaks the rule, below .45 one in 25."""
DOUBTED = Least(0.1, 0.1)
"""Of words that the sentence itself made doubtful: they stay so, or are dropped."""
KEEP_FROM = 0.7
"""A candidate that its words dropped is doubtful when its sentence is at least so likely. On the
part of the corpus that is learned from, judged unseen, between .5 and .7 lie a tenth of what is
rightly doubted and a third of what is wrongly."""
SURE_FROM = 0.85
"""A candidate that its words make doubtful is kept when its sentence is as likely as this."""
MAYBE_FROM = 0.5
"""Words that mean it in some sentences only (`maybe`) are a hit from here on, where the judge has
them looked for."""

FATAL_FROM = 0.95
"""… where the rule is a fatal one."""


class Judge(Protocol):
    """How likely a sentence breaks a rule's family. Immutable; the same answer every time."""

    @property
    def version(self) -> str:
        """Stands beside every score that it had a part in."""
        ...

    def probability(self, sentence: str, *, before: str, family: str, role: Role) -> float | None:
        """In [0, 1]; None where it was not trained for the family (a rule's id).

        `before` is what the other side said last, "" where nobody spoke.
        """
        ...

    def meant(self, sentence: str, *, before: str, role: Role) -> Sequence[tuple[str, float]]:
        """The families that a sentence breaks by its meaning alone, likeliest first, each with its
        probability; none for ordinary speech."""
        ...

    def worded(self, sentence: str, *, before: str, role: Role) -> Sequence[tuple[str, float]]:
        """The families that it breaks if words that they say in some sentences (`maybe`) stand in
        it, likeliest first: rules that it is nearly sure of."""
        ...

    def nearest(self, sentence: str, *, family: str, role: Role) -> str:
        """The learned breach of the family that is most like the sentence; "" without any."""
        ...
