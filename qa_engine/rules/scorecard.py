"""评分表 (service-standard S8): points per item, every deduction with its evidence.

An item loses points to the machine results that feed it and never falls below 0. An item whose
feeds all have nothing to say about this call is not applicable: it leaves the denominator, and
the rest is scaled back to the scorecard's total; an item that a person scores (人工) is waited for,
and until then the total is provisional. A fatal finding (致命项) makes the total 0. Which
findings count, and which wait for a person, is told by `counting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from phrasebook.model import Entry, Kind, Phrasebook, Where
from phrasebook.scorecard import Scorecard, ScoreItem
from qa_engine.events import Hit, StepState
from qa_engine.rules.bonus import bonus_of
from qa_engine.rules.charging import standings
from qa_engine.rules.check import Check, CheckState
from qa_engine.rules.conduct import Conduct
from qa_engine.rules.counting import Effect, conclude, standing_of_step
from qa_engine.rules.deductions import of_hit
from qa_engine.rules.limits import capped_points, charged_losses
from qa_engine.rules.score import PASSED, Deduction, EvidenceKind, ItemScore, Score
from qa_engine.rules.step_result import StepResult

LATE_SHARE = 0.5
"""Said late, or out of order: half of what missing it costs."""

ALL = "*"


@dataclass(frozen=True, slots=True)
class _Evidence:
    """Everything a call gave the scorecard, looked up by feed name."""

    entries: Mapping[str, Entry]
    hits: Mapping[str, Sequence[Hit]]
    waiting: Mapping[str, Sequence[Hit]]
    counted: Sequence[tuple[Entry, Hit]]
    """Hits of every kind that count, a rule once an utterance."""
    holding_up: Mapping[str, Sequence[Hit]]
    """Of those that wait, what a call does not pass before."""
    steps: Mapping[str, StepResult]
    checks: Mapping[str, Check]
    agent_heard: bool


def score(
    phrasebook: Phrasebook,
    hits: Iterable[Hit],
    steps: Iterable[StepResult],
    conduct: Conduct,
) -> Score:
    """The score sheet of one call; a phrasebook without a scorecard gets one item of everything."""
    card = phrasebook.scorecard
    evidence = _gather(phrasebook, hits, steps, conduct)
    items = tuple(_score_item(item, evidence) for item in card.items or (one_item(card),))
    items = capped(items, card.caps)
    fatal = tuple(_fatal(evidence, evidence.hits))
    fatal += tuple(_fatal_steps(evidence, Effect.COUNTED))
    fatal_waiting = tuple(_fatal(evidence, evidence.holding_up))
    fatal_waiting += tuple(_fatal_steps(evidence, Effect.WAITING))
    total = 0.0 if fatal else scaled(items, card.total)
    manual = (item.points for item in items if item.manual and item.earned is None)
    conclusion = conclude(
        total, card.pass_score, fatal=bool(fatal), fatal_waits=bool(fatal_waiting)
    )
    return Score(
        total=total,
        out_of=card.total,
        pass_score=card.pass_score,
        passed=PASSED[conclusion],
        items=items,
        fatal=fatal,
        fatal_waiting=fatal_waiting,
        to_give=0.0 if fatal else round(sum(manual), 2),
    )


def _gather(
    phrasebook: Phrasebook, hits: Iterable[Hit], steps: Iterable[StepResult], conduct: Conduct
) -> _Evidence:
    every = {entry.id: entry for entry in phrasebook.entries}
    entries = {name: entry for name, entry in every.items() if entry.kind is Kind.FORBIDDEN}
    hits = list(hits)
    by_effect: dict[Effect, dict[str, list[Hit]]] = {effect: {} for effect in Effect}
    known = [hit for hit in hits if hit.rule in entries]
    found = standings(known)
    for hit in known:
        by_effect[found[hit.id].effect].setdefault(hit.rule, []).append(hit)
    triggers = [hit for hit in hits if hit.rule in every and hit.rule not in entries]
    praising = standings(triggers)
    counted = [hit for hit in triggers if praising[hit.id].counts]
    counted += [hit for of_rule in by_effect[Effect.COUNTED].values() for hit in of_rule]
    return _Evidence(
        counted=[(every[hit.rule], hit) for hit in sorted(counted, key=lambda h: h.begin_ms)],
        entries=entries,
        hits=by_effect[Effect.COUNTED],
        waiting=by_effect[Effect.WAITING],
        holding_up={
            rule: [hit for hit in waiting if found[hit.id].holds_up]
            for rule, waiting in by_effect[Effect.WAITING].items()
        },
        steps={result.step.id: result for result in steps},
        checks={check.id: check for check in conduct.checks},
        agent_heard=conduct.agent_speech_ms > 0,
    )


def one_item(card: Scorecard) -> ScoreItem:
    """For a phrasebook without a scorecard: everything in one item of all points."""
    return ScoreItem(
        id="all",
        title="通话质量",
        group="",
        points=card.total,
        feeds=(ALL,),
        where=Where(path="", line=0),
    )


def _score_item(item: ScoreItem, evidence: _Evidence) -> ItemScore:
    if item.bonus:
        said = [one for one in evidence.counted if feeds(item, one[0].id)]
        due = [s for s in evidence.steps.values() if feeds(item, s.step.id) and _was_due(s)]
        return bonus_of(item, said, due)
    entries = [e for e in evidence.entries.values() if feeds(item, e.id)]
    steps = [s for s in evidence.steps.values() if feeds(item, s.step.id) and _was_due(s)]
    checks = [
        c
        for c in evidence.checks.values()
        if feeds(item, c.id) and c.state is not CheckState.NOT_APPLICABLE
    ]
    if not ((entries and evidence.agent_heard) or steps or checks):
        return ItemScore(
            id=item.id,
            title=item.title,
            group=item.group,
            points=item.points,
            earned=None,
            manual=item.is_manual,
        )
    deductions = _charged(item, _hit_deductions(item, entries, evidence.hits), evidence)
    deductions += [_step_deduction(item, result, len(steps)) for result in steps]
    deductions += [_check_deduction(item, check, len(checks)) for check in checks]
    taken = tuple(deduction for deduction in deductions if deduction.points > 0)
    lost = sum(deduction.points for deduction in taken)
    return ItemScore(
        id=item.id,
        title=item.title,
        group=item.group,
        points=item.points,
        earned=round(max(0.0, item.points - lost), 2),
        deductions=taken,
        waiting=tuple(_hit_deductions(item, entries, evidence.waiting)),
    )


def _charged(item: ScoreItem, deductions: list[Deduction], evidence: _Evidence) -> list[Deduction]:
    """How often the hits of an item take points: each time, once a rule, or once a call."""
    rules = {hit.id: rule for rule, hits in evidence.hits.items() for hit in hits}
    return charged_losses(item.charge, deductions, lambda one: rules[one.evidence])


def capped(items: Sequence[ItemScore], caps: Mapping[str, float]) -> tuple[ItemScore, ...]:
    """Give back what a group lost beyond its cap, to its last items first."""
    earned = capped_points(caps, [(item.group, item.points, item.earned) for item in items])
    return tuple(replace(item, earned=one) for item, one in zip(items, earned, strict=True))


def _once_an_utterance(hits: Sequence[Hit]) -> list[Hit]:
    """不归我管，您找别人: one breath that breaks a rule twice is one fault."""
    first: dict[int, Hit] = {}
    for hit in sorted(hits, key=lambda hit: (hit.begin_ms, hit.id)):
        first.setdefault(hit.utterance, hit)
    return list(first.values())


def feeds(item: ScoreItem, name: str) -> bool:
    """Whether a finding of this name goes into the item; `name*` takes all that begin so."""
    return _are_fed(item.feeds, name)


@lru_cache(maxsize=8192)
def _are_fed(feeds: tuple[str, ...], name: str) -> bool:
    return any(name.startswith(feed[:-1]) if feed.endswith("*") else name == feed for feed in feeds)


def _was_due(result: StepResult) -> bool:
    return result.state is not StepState.NOT_APPLICABLE


def _hit_deductions(
    item: ScoreItem, entries: Iterable[Entry], hits: Mapping[str, Sequence[Hit]]
) -> list[Deduction]:
    return [
        of_hit(entry, hit, whole=item.points)
        for entry in entries
        for hit in _once_an_utterance(hits.get(entry.id, ()))
    ]


def _step_deduction(item: ScoreItem, result: StepResult, due: int) -> Deduction:
    full = result.step.points or item.points / due
    if result.state is StepState.MISSED:
        share, reason = 1.0, "missed"
    elif result.state is StepState.LATE:
        share, reason = LATE_SHARE, "late"
    elif not result.in_order:
        share, reason = LATE_SHARE, "out_of_order"
    else:
        share, reason = 0.0, ""
    if not standing_of_step(unheard=result.unheard).counts:
        share = 0.0
    return Deduction(
        points=round(full * share, 2),
        kind=EvidenceKind.STEP,
        evidence=result.step.id,
        title=result.step.title,
        reason=reason,
        at_ms=result.at_ms if result.at_ms is not None else result.deadline_ms,
    )


def _check_deduction(item: ScoreItem, check: Check, measured: int) -> Deduction:
    broken = check.state is CheckState.BREACH
    return Deduction(
        points=round(item.points / measured, 2) if broken else 0.0,
        kind=EvidenceKind.CONDUCT,
        evidence=check.id,
        title=check.id,
        reason="breach",
        at_ms=check.spans[0].begin_ms if check.spans else None,
    )


def _fatal(evidence: _Evidence, found: Mapping[str, Sequence[Hit]]) -> Iterable[Deduction]:
    for rule, hits in found.items():
        entry = evidence.entries[rule]
        if not entry.fatal:
            continue
        for hit in hits:
            yield Deduction(
                points=0.0,
                kind=EvidenceKind.HIT,
                evidence=hit.id,
                title=entry.title,
                reason="hit",
                at_ms=hit.begin_ms,
            )


def _fatal_steps(evidence: _Evidence, effect: Effect) -> Iterable[Deduction]:
    for result in evidence.steps.values():
        missed = result.step.fatal and result.state is StepState.MISSED
        if missed and standing_of_step(unheard=result.unheard, fatal=True).effect is effect:
            yield Deduction(
                points=0.0,
                kind=EvidenceKind.STEP,
                evidence=result.step.id,
                title=result.step.title,
                reason="missed",
                at_ms=result.deadline_ms,
            )


def scaled(items: Sequence[ItemScore], total: float) -> float:
    """What was earned of what could be earned, on the card's own scale and never beyond it."""
    possible = sum(item.points for item in items if item.earned is not None)
    if possible <= 0:
        return total
    earned = sum(item.earned for item in items if item.earned is not None)
    return min(total, round(earned / possible * total, 1))
