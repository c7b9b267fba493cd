"""What all calls of the same rules share, compiled at the first of them."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from phrasebook.model import Phrasebook
from qa_engine.matching.call.revisions import Finder
from qa_engine.matching.call.watchlist import Watchlist

__all__ = ["compiled", "prepared"]

_KNOWN: WeakKeyDictionary[Finder, tuple[Phrasebook, Watchlist, Finder]] = WeakKeyDictionary()


def compiled(matcher: Finder, phrasebook: Phrasebook) -> tuple[Watchlist, Finder]:
    """The watchlist and the matcher that excuses nothing: made once, dropped with the matcher."""
    known = _KNOWN.get(matcher)
    if known is None or known[0] is not phrasebook:
        kind = type(matcher)
        watchlist = Watchlist.compile(phrasebook, kind, getattr(kind, "seldom", kind))
        known = (phrasebook, watchlist, matcher.without_exceptions())
        _KNOWN[matcher] = known
    return known[1], known[2]


def prepared(matcher: Finder, phrasebook: Phrasebook) -> str:
    """Compile it, by the judge in force now; gives the judge's version."""
    return compiled(matcher, phrasebook)[0].decider.judge_version
