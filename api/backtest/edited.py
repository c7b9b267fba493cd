"""A matcher of an edited phrasebook that reads only what the edit changed.

What a rule finds does not hang on the other rules, so an edit of three rules finds what the
phrasebook before it found, those three left out, and what their new lines find.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Self

from api.backtest.read_ahead import ReadAhead
from phrasebook import Phrasebook
from qa_engine.matching import Matcher
from qa_engine.matching.cached_matcher import CachedMatcher
from qa_engine.matching.match import Match

__all__ = ["Edited"]


class Edited(ReadAhead):
    """Finds what `Matcher(after)` finds, in texts that `before` has read already.

    Only where both phrasebooks hold the same sentences to be right (`Reach.grams` is empty).
    """

    @classmethod
    def of(cls, before: ReadAhead, after: Phrasebook, rules: Collection[str]) -> Edited:
        """`rules`: all that the edit changed, in `before` or `after`."""
        made = cls.__new__(cls)
        made.__dict__.update(Matcher.of_rules(after, rules).__dict__)
        made.known = {}
        made._read = ()
        made._is_ahead = True
        made._before = before
        made._rules = frozenset(rules)
        return made

    _before: CachedMatcher | None = None
    """None: what it makes for itself, of a call's relations, was not edited."""
    _rules: frozenset[str] = frozenset()

    def without_exceptions(self) -> Self:
        other = super().without_exceptions()
        if self._before is not None:
            other._before = self._before.without_exceptions()
        return other

    def find_many(
        self, texts: Sequence[str], *, min_score: float | None = None
    ) -> list[list[Match]]:
        new = super().find_many(texts, min_score=min_score)
        if self._before is None:
            return new
        old = [self._before.find(text, min_score=min_score) for text in texts]
        return [
            sorted(
                [*(match for match in known if match.owner not in self._rules), *found],
                key=lambda match: (match.begin, match.end, match.owner),
            )
            for known, found in zip(old, new, strict=True)
        ]
