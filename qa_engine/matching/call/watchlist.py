"""What a call is watched for, compiled once for a phrasebook and shared by all calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from models.judging import open_judge
from phrasebook.model import Entry, Phrasebook, Relation, Step, Strictness
from phrasebook.pattern import AnyOrder, Choice, Literal, Node, Optional_, Pattern, PatternGap, Slot
from phrasebook.pattern import Sequence as PatternSequence
from qa_engine.deciding import Decider
from qa_engine.matching.call.relations import is_contextual
from qa_engine.matching.call.revisions import Finder
from qa_engine.matching.sounds.scoring import threshold

__all__ = ["Watched", "Watchlist", "longest_chars"]

BUILT_IN_SLOT_CHARS = 12
"""一千二百三十四点五六元: longer numbers than this are not waited for."""
CLOSING_CHARS = 2
"""What is said so near behind a line that closes a clause goes on with it."""
FILLER_CHARS = 2
"""A 嗯 or 那个 may stand inside an exception that is still being said."""

FUZZY_SHARE = 0.5
FUZZY_CHARS = 4
"""What is heard of a phrase may be longer than it: by half and four characters it never is."""
HYSTERESIS = 0.05
"""A revision that costs a hit less than this does not make it flicker."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An entry, the names of its relations, and how far to its right an exception may stand."""

    entry: Entry
    before: tuple[int, ...]
    after: tuple[int, ...]
    right_chars: int
    """An exception may still end up to this many characters after the hit's end."""
    contextual: bool


@dataclass(frozen=True, slots=True)
class Watchlist:
    """Entries and steps by id, and one matcher over the sayings of all relations."""

    entries: Mapping[str, Watched]
    steps: Mapping[str, Step]
    relations: Finder | None
    """Its owners are relation names, as `str(int)`; None where the phrasebook has no relations."""
    reach: int
    """How many characters a match, and whatever excuses it, can cover together."""
    relations_reach: int
    decider: Decider
    off_thresholds: Mapping[str, float]
    """By entry: a hit that was shown is taken back only when it scores less than this."""
    maybe: Callable[[], Finder]
    """Made when first asked for: it finds what entries say only in some sentences."""

    @classmethod
    def compile(
        cls,
        phrasebook: Phrasebook,
        build: Callable[[Phrasebook], Finder],
        seldom: Callable[[Phrasebook], Finder] | None = None,
    ) -> Watchlist:
        """`build` makes a matcher of a phrasebook: `Matcher` itself; `seldom` one that is asked
        about few texts."""
        names: dict[tuple[tuple[Pattern, ...], Strictness], int] = {}
        entries = {
            entry.id: Watched(
                entry,
                _name(entry, entry.before, names),
                _name(entry, entry.after, names),
                _right_reach(entry, phrasebook.lists),
                is_contextual(entry),
            )
            for entry in phrasebook.entries
        }
        relations = None
        if names:
            where = phrasebook.entries[0].where
            relations = build(
                replace(
                    phrasebook,
                    steps=(),
                    scripts=(),
                    entries=tuple(
                        Entry(id=str(name), title="", say=say, strict=strict, where=where)
                        for (say, strict), name in names.items()
                    ),
                )
            )
        return cls(
            entries,
            {step.id: step for step in phrasebook.steps},
            relations,
            _reach((*phrasebook.entries, *phrasebook.steps), phrasebook.lists),
            max(
                (_heard_chars(line, phrasebook.lists) for say, _ in names for line in say),
                default=0,
            ),
            Decider(phrasebook, open_judge()),
            {entry.id: threshold(entry.strict) - HYSTERESIS for entry in phrasebook.entries},
            cache(lambda: (seldom or build)(_maybe(phrasebook))),
        )


def _maybe(phrasebook: Phrasebook) -> Phrasebook:
    entries = tuple(replace(entry, say=entry.maybe) for entry in phrasebook.entries if entry.maybe)
    return replace(phrasebook, entries=entries, steps=(), scripts=())


def longest_chars(node: Node | PatternSequence, lists: Mapping[str, tuple[Pattern, ...]]) -> int:
    """How many characters a pattern can cover at most, fillers apart."""
    match node:
        case PatternSequence(items):
            return sum(longest_chars(item, lists) for item in items)
        case Literal(text):
            return len(text)
        case PatternGap(max_chars):
            return max_chars
        case Optional_(body):
            return longest_chars(body, lists)
        case Choice(branches):
            return max((longest_chars(branch, lists) for branch in branches), default=0)
        case AnyOrder(parts, max_chars):
            gaps = max_chars * (len(parts) - 1)
            return gaps + sum(longest_chars(part, lists) for part in parts)
        case Slot(name):
            longest = [longest_chars(pattern.root, lists) for pattern in lists.get(name, ())]
            return max(longest, default=BUILT_IN_SLOT_CHARS)


def _name(
    entry: Entry,
    relations: Iterable[Relation],
    names: dict[tuple[tuple[Pattern, ...], Strictness], int],
) -> tuple[int, ...]:
    return tuple(
        names.setdefault((relation.say, entry.strict), len(names)) for relation in relations
    )


def _right_reach(entry: Entry, lists: Mapping[str, tuple[Pattern, ...]]) -> int:
    closing = CLOSING_CHARS if any(line.closes for line in entry.say) else 0
    excusing = (
        (exception.near_chars or 0) + longest_chars(exception.pattern.root, lists) + FILLER_CHARS
        for exception in entry.unless
    )
    return max(closing, *excusing, 0)


def _reach(rules: Iterable[Entry | Step], lists: Mapping[str, tuple[Pattern, ...]]) -> int:
    said = excused = 0
    for rule in rules:
        said = max(said, *(_heard_chars(line, lists) for line in rule.say))
        for exception in rule.unless:
            chars = (exception.near_chars or 0) + _heard_chars(exception.pattern, lists)
            excused = max(excused, chars)
    return said + excused


def _heard_chars(pattern: Pattern, lists: Mapping[str, tuple[Pattern, ...]]) -> int:
    return math.ceil(longest_chars(pattern.root, lists) * (1 + FUZZY_SHARE)) + FUZZY_CHARS
