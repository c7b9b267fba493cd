"""What answers do to a score that was made without them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from phrasebook.model import Ask, Phrasebook
from phrasebook.scorecard import Charge, ScoreItem
from qa_engine.events import Hit
from qa_engine.rules.counting import Standing, conclude
from qa_engine.rules.limits import dearest
from qa_engine.rules.score import PASSED, Deduction, EvidenceKind, ItemScore, Score
from qa_engine.rules.scorecard import capped, feeds, one_item, scaled
from qa_engine.rules.severity import SEVERITY_SHARE

__all__ = ["AnswerFinding", "rescored"]


@dataclass(frozen=True, slots=True)
class AnswerFinding:
    """An answer that takes points, and what it does."""

    ask: Ask
    hit: Hit
    standing: Standing


def rescored(
    score: Score,
    book: Phrasebook,
    found: Sequence[AnswerFinding],
    *,
    without: Collection[str],
    settled: Collection[str],
) -> Score:
    """The score with what was found, and without what these hits took before.

    `settled`: questions whose answer counts, right or wrong: their item is applicable.
    """
    card = book.scorecard
    by_id = {item.id: item for item in card.items or (one_item(card),)}
    items: Sequence[ItemScore] = [
        _item(made, by_id[made.id], book, found, without, settled) if made.id in by_id else made
        for made in score.items
    ]
    items = capped(items, card.caps)
    fatal = _fatal(score.fatal, [one for one in found if one.standing.counts], without)
    holding = [one for one in found if one.standing.holds_up]
    fatal_waiting = _fatal(score.fatal_waiting, holding, without)
    total = 0.0 if fatal else scaled(items, score.out_of)
    conclusion = conclude(
        total, score.pass_score, fatal=bool(fatal), fatal_waits=bool(fatal_waiting)
    )
    return replace(
        score,
        total=total,
        passed=PASSED[conclusion],
        items=tuple(items),
        fatal=fatal,
        fatal_waiting=fatal_waiting,
    )


def _item(
    made: ItemScore,
    item: ScoreItem,
    book: Phrasebook,
    found: Sequence[AnswerFinding],
    without: Collection[str],
    settled: Collection[str],
) -> ItemScore:
    if item.bonus:
        return made
    mine = [one for one in found if feeds(item, one.ask.id)]
    taken = [one for one in made.deductions if one.evidence not in without]
    taken += [_deduction(item, one) for one in mine if one.standing.counts]
    waiting = [one for one in made.waiting if one.evidence not in without]
    waiting += [_deduction(item, one) for one in mine if one.standing.waits]
    if item.charge is Charge.CALL:
        taken = _dearest_hit(taken)
    answered = any(feeds(item, name) for name in settled)
    applies = answered or (made.earned is not None and not _only_asked(item, book))
    lost = sum(one.points for one in taken)
    return replace(
        made,
        earned=round(max(0.0, made.points - lost), 2) if applies else None,
        deductions=tuple(taken) if applies else (),
        waiting=tuple(waiting),
    )


def _only_asked(item: ScoreItem, book: Phrasebook) -> bool:
    """Nothing but questions feeds it."""
    others = [*(entry.id for entry in book.entries), *(step.id for step in book.steps)]
    asks_alone = not any(feed.startswith("conduct.") or feed == "*" for feed in item.feeds)
    return asks_alone and not any(feeds(item, name) for name in others)


def _dearest_hit(taken: Sequence[Deduction]) -> list[Deduction]:
    hits = [one for one in taken if one.kind is EvidenceKind.HIT]
    rest = [one for one in taken if one.kind is not EvidenceKind.HIT]
    return [max(hits, key=dearest), *rest] if hits else rest


def _deduction(item: ScoreItem, one: AnswerFinding) -> Deduction:
    points = one.ask.points or item.points * SEVERITY_SHARE[one.ask.severity]
    return Deduction(
        points=round(points, 2),
        kind=EvidenceKind.HIT,
        evidence=one.hit.id,
        title=one.ask.title,
        reason="hit",
        at_ms=one.hit.begin_ms,
    )


def _fatal(
    before: Sequence[Deduction], found: Sequence[AnswerFinding], without: Collection[str]
) -> tuple[Deduction, ...]:
    kept = [one for one in before if one.evidence not in without]
    kept += [
        Deduction(
            points=0.0,
            kind=EvidenceKind.HIT,
            evidence=one.hit.id,
            title=one.ask.title,
            reason="hit",
            at_ms=one.hit.begin_ms,
        )
        for one in found
        if one.ask.fatal
    ]
    return tuple(kept)
