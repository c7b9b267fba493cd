"""Which past calls an edit of the rules can touch at all: the others need not be judged again.

Most edits change a few lines of a few rules. Only calls that hold something like the old or the new
lines can come out otherwise, and finding those takes a matcher of these rules alone. Where an edit
changes more than what is listened for (who must say a step by when, the scorecard), every call may.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from api.backtest.transcripts import PastCall
from api.store.verdicts import Verdict
from models.judging import open_judge
from phrasebook import Phrasebook
from phrasebook.conditions import Condition, Named, SaidCondition, walk
from phrasebook.model import Entry, Kind, Step, Where
from phrasebook.pattern import Pattern
from phrasebook.plain import plain, plain_entry, plain_step
from phrasebook.slots import slots
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.matching.text.normalise import fold
from qa_engine.matching.tiers.commonplace import Commonplace, said_by_the_book

__all__ = ["EditReach", "reach"]

_GRAM = 4
"""Shorter words are never heard by likeness, so everyday sentences do not matter to them."""
_LISTENS = frozenset(
    ("title", "source", "say", "unless", "strict", "suggest", "prompt", "coach", "tests")
)
"""Changes of a step, or of a rule that the judge knows, that only calls with its words feel."""
_SAYS = _LISTENS - {"unless", "strict"}
"""Changes of a rule that only calls with the changed lines themselves feel."""
_FOLLOWED = frozenset(("entries", "steps", "lists", "conditions"))
"""Sections whose changes are followed to the calls that feel them; any other is felt by all."""
_REMEMBERED = 100_000
"""Texts, after which it begins anew."""
_HERE = Where(path="", line=0)


@dataclass(frozen=True)
class EditReach:
    """`rules`: those that an edit changes, by id. `calls`: those to judge whatever they hold."""

    rules: frozenset[str]
    book: Phrasebook
    """What is listened for before or after, without conditions and exceptions."""
    grams: frozenset[str]
    """Pieces of sentences that became, or no longer are, everyday speech."""
    calls: frozenset[str]
    changed: Phrasebook | None = None
    """Of `book`, the lines that were added, taken away or are excused otherwise."""

    def changes(self, calls: Iterable[PastCall]) -> list[PastCall]:
        """Of these calls, those that hold what the edit changed; the rest come out as they did."""
        if self.changed is None:
            return list(calls)
        return self._narrow.touches(calls)

    def touches(self, calls: Iterable[PastCall]) -> list[PastCall]:
        """Of these calls, those that may come out otherwise; in order."""
        known = list(calls)
        self._read(dict.fromkeys(text for call in known for text in call.texts))
        return [
            call
            for call in known
            if call.id in self.calls or any(self._holds[text] for text in call.texts)
        ]

    def _read(self, texts: Collection[str]) -> None:
        """Find out which of these texts the edit can touch; what is known is not read again."""
        if len(self._holds) > _REMEMBERED:
            self._holds.clear()
        fresh = [text for text in texts if text not in self._holds]
        found = self._matcher.find_many(fresh) if self.book.entries else [[] for _ in fresh]
        for text, hits in zip(fresh, found, strict=True):
            folded = fold(text) if self.grams and not hits else ""
            self._holds[text] = bool(hits) or any(gram in folded for gram in self.grams)

    @cached_property
    def _holds(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _narrow(self) -> EditReach:
        assert self.changed is not None
        return replace(self, book=self.changed, calls=frozenset(), changed=None)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.book)


def reach(
    before: Phrasebook, after: Phrasebook, judged: Iterable[Verdict] = ()
) -> EditReach | None:
    """None: every call may come out otherwise. `judged`: verdicts, whose calls are looked at."""
    old, new = plain(before), plain(after)
    if any(old.get(name) != new.get(name) for name in {*old, *new} - _FOLLOWED):
        return None
    lists = _changed_lists(before, after)
    conditions = _changed(
        {name: one.source for name, one in before.conditions.items()},
        {name: one.source for name, one in after.conditions.items()},
    )
    changed: dict[str, list[Entry | Step]] = {}
    for book in (before, after):
        for rule in _rules(book):
            changed.setdefault(rule.id, []).append(rule)
    touched = {
        name: versions
        for name, versions in changed.items()
        if len(versions) < 2
        or _plain(versions[0]) != _plain(versions[1])
        or any(_uses(one, lists, conditions) for one in versions)
    }
    if any(_is_felt_everywhere(versions) for versions in touched.values()):
        return None
    every = dict.fromkeys(touched)
    return EditReach(
        rules=frozenset(touched),
        book=_listening(before, after, every, lists),
        changed=_listening(before, after, _line_by_line(touched, lists, conditions), lists),
        grams=_grams(before, after) | _grams(after, before),
        calls=frozenset(one.call_id for one in judged if one.rule in touched),
    )


def _rules(book: Phrasebook) -> list[Entry | Step]:
    return [*book.entries, *book.steps]


def _plain(rule: Entry | Step) -> Mapping[str, object]:
    return plain_entry(rule) if isinstance(rule, Entry) else plain_step(rule)


def _is_felt_everywhere(versions: list[Entry | Step]) -> bool:
    first = versions[0]
    same = len(versions) == 2 and type(versions[0]) is type(versions[1])
    judge = open_judge()
    known = judge is not None and any(
        first.id in judge.families(role.value) for role in (Role.AGENT, Role.CUSTOMER)
    )
    if isinstance(first, Entry) and not known:
        return False
    if not same:
        return True
    one, other = map(_plain, versions)
    return any(one.get(key) != other.get(key) for key in {*one, *other} - _LISTENS) or any(
        version.condition is not None for version in versions if known
    )


def _changed(one: Mapping[str, object], other: Mapping[str, object]) -> set[str]:
    return {name for name in {*one, *other} if one.get(name) != other.get(name)}


def _changed_lists(before: Phrasebook, after: Phrasebook) -> set[str]:
    spelled = [
        {name: [value.source for value in values] for name, values in book.lists.items()}
        for book in (before, after)
    ]
    return _changed(*spelled)


def _uses(rule: Entry | Step, lists: Collection[str], conditions: Collection[str]) -> bool:
    if any(name in lists for line in _lines(rule) for name in slots(line)):
        return True
    return _asks(rule.condition, conditions)


def _asks(condition: Condition | None, names: Collection[str]) -> bool:
    if condition is None:
        return False
    return any(
        (isinstance(node, Named) and node.name in names)
        or (isinstance(node, SaidCondition) and node.rule in names)
        for node in walk(condition.root)
    )


def _lines(rule: Entry | Step) -> list[Pattern]:
    lines = [*rule.say, *(one.pattern for one in rule.unless)]
    if isinstance(rule, Entry):
        lines += [line for one in (*rule.before, *rule.after) for line in one.say]
    return lines


def _line_by_line(
    touched: Mapping[str, list[Entry | Step]],
    lists: Collection[str],
    conditions: Collection[str],
) -> dict[str, Collection[Pattern] | None]:
    """Of each rule the lines that it has in one version only; None: all of them matter."""
    found: dict[str, Collection[Pattern] | None] = {}
    for name, versions in touched.items():
        found[name] = None
        if len(versions) < 2 or type(versions[0]) is not type(versions[1]):
            continue
        one, other = map(_plain, versions)
        if any(one.get(key) != other.get(key) for key in {*one, *other} - _SAYS):
            continue
        if any(_uses(version, lists, conditions) for version in versions):
            continue
        found[name] = frozenset(versions[0].say) ^ frozenset(versions[1].say)
    return found


def _listening(
    before: Phrasebook,
    after: Phrasebook,
    touched: Mapping[str, Collection[Pattern] | None],
    lists: Collection[str],
) -> Phrasebook:
    """Lines of the changed rules, wherever they stand in a clause; and the changed lists.

    `touched`: by rule the lines that matter, None for all of it. A list that changed holds what it
    held and what it holds, so that nothing is overlooked.
    """
    both = {
        name: tuple(dict.fromkeys((*before.lists.get(name, ()), *after.lists.get(name, ()))))
        for name in lists
    }
    entries: dict[tuple[Pattern, ...], Entry] = {}
    for number, book in enumerate((before, after)):
        for rule in _rules(book):
            if rule.id not in touched:
                continue
            lines = touched[rule.id]
            say = tuple(
                replace(line, opens=False, closes=False)
                for line in rule.say
                if lines is None or line in lines
            )
            if say:
                entries.setdefault(say, _bare(f"{rule.id} {number}", say, rule))
    entries |= {values: _bare(f"list {name}", values, None) for name, values in both.items()}
    return replace(
        after,
        entries=tuple(entries.values()),
        lists={**before.lists, **after.lists, **both},
        steps=(),
        scripts=(),
        default_script="",
    )


def _bare(name: str, say: tuple[Pattern, ...], rule: Entry | Step | None) -> Entry:
    entry = Entry(id=name, title=name, say=say, kind=Kind.TRIGGER, where=_HERE)
    return replace(entry, strict=rule.strict) if rule else entry


def _grams(one: Phrasebook, other: Phrasebook) -> frozenset[str]:
    """What stands in the right sentences of one pack and in no everyday speech of the other."""
    known = Commonplace(said_by_the_book(other))
    kept = set(said_by_the_book(other))
    return frozenset(
        gram
        for sentence in said_by_the_book(one)
        if sentence not in kept
        for gram in _windows(fold(sentence))
        if not known.holds(gram)
    )


def _windows(folded: str) -> list[str]:
    return [folded[at : at + _GRAM] for at in range(len(folded) - _GRAM + 1)]
