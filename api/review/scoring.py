"""From machine results, verdicts and a person's answers to one score, each kept visible.

The machine suggests points for the items it feeds; a hit that was judged wrong gives back what it
took. A person's answer replaces the suggestion. N/A leaves the denominator; a fatal yes, or a
fatal hit that stands, makes the total 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.review.scorecards import Card, Item

Answers = Mapping[str, Mapping[str, Any]]
"""Item id → points (or None), na, fatal, note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Points the machine took, and whether people let it stand."""

    points: float
    kind: str
    evidence: str
    title: str
    reason: str
    at_ms: int | None
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`suggested` is None where the machine has nothing to say; `earned` None: not applicable."""

    item: Item
    suggested: float | None
    earned: float | None
    answered: bool
    na: bool
    fatal: bool
    note: str
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    lines: tuple[Line, ...]
    total: float
    out_of: float
    pass_score: float
    passed: bool
    fatal: bool
    missing: tuple[str, ...]
    """Items that a person must answer before the sheet can be submitted."""


def fill(card: Card, report: Mapping[str, Any], wrong: frozenset[str], answers: Answers) -> Sheet:
    """`wrong` holds the ids of hits that people judged not to be hits."""
    lines = tuple(_line(item, report, wrong, answers.get(item.id, {})) for item in card.items)
    fatal = any(line.fatal for line in lines) or _fatal_stands(report, wrong)
    scored = [line for line in lines if line.earned is not None and not line.item.fatal]
    possible = sum(line.item.points for line in scored)
    earned = sum(line.earned or 0.0 for line in scored)
    total = 0.0 if fatal else round(earned / possible * card.total, 1) if possible else card.total
    return Sheet(
        lines=lines,
        total=total,
        out_of=card.total,
        pass_score=card.pass_score,
        passed=not fatal and total >= card.pass_score,
        fatal=fatal,
        missing=tuple(
            line.item.id
            for line in lines
            if line.suggested is None
            and not line.answered
            and not line.item.fatal
            and line.item.manual
        ),
    )


def _line(
    item: Item, report: Mapping[str, Any], wrong: frozenset[str], answer: Mapping[str, Any]
) -> Line:
    losses = tuple(_losses(item, report, wrong))
    suggested = _suggested(item, report, losses)
    na = bool(answer.get("na"))
    given = answer.get("points")
    if na:
        earned = None
    elif isinstance(given, int | float):
        earned = min(item.points, max(0.0, float(given)))
    else:
        earned = suggested
    return Line(
        item=item,
        suggested=suggested,
        earned=earned,
        answered=na or given is not None,
        na=na,
        fatal=item.fatal and bool(answer.get("fatal")),
        note=str(answer.get("note", "")),
        losses=losses,
    )


def _losses(item: Item, report: Mapping[str, Any], wrong: frozenset[str]) -> list[Loss]:
    rules = {hit["id"]: hit["rule"] for hit in report["hits"]}
    return [
        Loss(
            **{key: taken[key] for key in ("points", "kind", "evidence", "title", "reason")},
            at_ms=taken["at_ms"],
            stands=taken["evidence"] not in wrong,
        )
        for machine in report["score"]["items"]
        for taken in machine["deductions"]
        if item.fed_by(rules.get(taken["evidence"], taken["evidence"]))
    ]


def _suggested(item: Item, report: Mapping[str, Any], losses: tuple[Loss, ...]) -> float | None:
    if item.manual:
        return None
    same = next((m for m in report["score"]["items"] if m["id"] == item.id), None)
    if same is not None and same["earned"] is None:
        return None
    taken = sum(loss.points for loss in losses if loss.stands)
    return round(max(0.0, item.points - taken), 2)


def _fatal_stands(report: Mapping[str, Any], wrong: frozenset[str]) -> bool:
    return any(found["evidence"] not in wrong for found in report["score"]["fatal"])
