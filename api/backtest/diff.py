"""Two phrasebooks over the same past: new hits, lost hits, and how right they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from api.backtest.rematch import PastHit, Rematched, Scores
from api.review.boards.wilson import NOTHING, Share
from api.store.verdicts import Verdict
from phrasebook import Phrasebook

QUOTES = 8
"""Shown of each rule and side: enough to judge by, few enough to read."""
SCORES = 50


_Found = dict[tuple[str, int], list[PastHit]]
"""One rule's hits by call and utterance."""


@dataclass(slots=True)
class RuleDiff:
    """One rule before and after. `precision` is of the hits after, `recall` of the right ones."""

    rule: str
    title: str = ""
    kept: int = 0
    new: int = 0
    lost: int = 0
    new_quotes: list[PastHit] = field(default_factory=list)
    lost_quotes: list[PastHit] = field(default_factory=list)
    precision_before: Share = NOTHING
    precision: Share = NOTHING
    recall: Share = NOTHING

    @property
    def changed(self) -> bool:
        return bool(self.new or self.lost)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What an edit would have done to the past."""

    before: str
    after: str
    calls: int
    utterances: int
    days: int
    rules: tuple[RuleDiff, ...]
    scores: tuple[Scores, ...] = ()
    """Calls whose points would be others; those most changed, `SCORES` at most."""
    rescored: int = 0
    newly_passed: int = 0
    newly_failed: int = 0

    def hits_a_day(self) -> tuple[float, float]:
        days = max(self.days, 1)
        was = sum(rule.kept + rule.lost for rule in self.rules)
        now = sum(rule.kept + rule.new for rule in self.rules)
        return was / days, now / days


def compare(
    batches: Iterable[Rematched],
    *,
    before: str,
    after: str,
    judged: Iterable[Verdict] = (),
    titles: Mapping[str, str] | None = None,
    within: Collection[str] | None = None,
) -> Backtest:
    """Fold batches into one result; `before` and `after` name the phrasebook versions.

    `within`: the rules whose every hit the batches tell; of others only what changed is known.
    """
    rules: dict[str, RuleDiff] = {}
    by_rule: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in judged:
        if within is not None and verdict.rule not in within:
            continue
        by_rule[verdict.rule].append(verdict)
    found: dict[str, tuple[_Found, _Found]] = defaultdict(
        lambda: (defaultdict(list), defaultdict(list))
    )
    calls = utterances = 0
    days: set[str] = set()
    scores: list[Scores] = []
    for batch in batches:
        calls += batch.calls
        utterances += batch.utterances
        days |= batch.days
        scores += batch.scores
        _count(rules, batch)
        for side, hits in enumerate((batch.before, batch.after)):
            for hit in hits:
                if hit.rule in by_rule:
                    found[hit.rule][side][hit.call_id, hit.utterance].append(hit)
    for name, verdicts in by_rule.items():
        rule = rules.setdefault(name, RuleDiff(name))
        rule.precision_before = _precision(found[name][0], verdicts)
        rule.precision = _precision(found[name][1], verdicts)
        rule.recall = _recall(found[name][1], verdicts)
    for rule in rules.values():
        rule.title = (titles or {}).get(rule.rule) or rule.rule
    if within is not None:
        rules = {name: rule for name, rule in rules.items() if name in within or rule.changed}
    ordered = sorted(rules.values(), key=lambda rule: (-(rule.new + rule.lost), rule.rule))
    return Backtest(
        before=before,
        after=after,
        calls=calls,
        utterances=utterances,
        days=len(days),
        rules=tuple(ordered),
        scores=tuple(sorted(scores, key=_change, reverse=True)[:SCORES]),
        rescored=len(scores),
        newly_passed=sum(one.passed_after and not one.passed_before for one in scores),
        newly_failed=sum(one.passed_before and not one.passed_after for one in scores),
    )


def titles_of(*books: Phrasebook) -> dict[str, str]:
    """Of every entry and step, by id; a later book's goes first."""
    titles = {entry.id: entry.title for book in books for entry in book.entries}
    return titles | {step.id: step.title for book in books for step in book.steps}


def _change(one: Scores) -> tuple[bool, float]:
    """Those that pass or fail now first, then by points."""
    points = abs((one.after or 0.0) - (one.before or 0.0))
    return one.passed_before is not one.passed_after, points


def _count(rules: dict[str, RuleDiff], batch: Rematched) -> None:
    places: dict[tuple[str, int, str], list[PastHit]] = defaultdict(list)
    for hit in batch.before:
        places[hit.call_id, hit.utterance, hit.rule].append(hit)
    for hit in batch.after:
        rule = rules.setdefault(hit.rule, RuleDiff(hit.rule))
        before = places.get((hit.call_id, hit.utterance, hit.rule), [])
        same = next((old for old in before if _overlap(old, hit)), None)
        if same is None:
            rule.new += 1
            if len(rule.new_quotes) < QUOTES:
                rule.new_quotes.append(hit)
        else:
            before.remove(same)
            rule.kept += 1
    for left in places.values():
        for hit in left:
            rule = rules.setdefault(hit.rule, RuleDiff(hit.rule))
            rule.lost += 1
            if len(rule.lost_quotes) < QUOTES:
                rule.lost_quotes.append(hit)


def _overlap(one: PastHit | Verdict, other: PastHit | Verdict) -> bool:
    return one.begin_char < other.end_char and other.begin_char < one.end_char


def _covers(hits: _Found, verdict: Verdict) -> bool:
    there = hits.get((verdict.call_id, verdict.utterance), ())
    return any(_overlap(hit, verdict) for hit in there)


def _precision(hits: _Found, verdicts: list[Verdict]) -> Share:
    """Of the hits that inspectors judged, how many were right."""
    met = [verdict for verdict in verdicts if _covers(hits, verdict)]
    return Share(sum(verdict.right for verdict in met), len(met))


def _recall(hits: _Found, verdicts: list[Verdict]) -> Share:
    """Of the places that inspectors know to be right, how many are found."""
    right = [verdict for verdict in verdicts if verdict.right]
    return Share(sum(_covers(hits, verdict) for verdict in right), len(right))
