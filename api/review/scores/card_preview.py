"""What a scorecard would have made of past calls; nothing is changed by looking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from sqlalchemy import Connection, select

from api.review.scores import scoring, snapshots
from api.review.scores.card import Card
from api.review.scores.rulebook import rulebook_of
from api.review.scores.scoring import ScoreSheet
from api.store.agents import WHO
from api.store.calls import load
from api.store.tables import calls

MOST = 100
"""Calls that are tried: a second or two."""
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One call by both cards."""

    call: str
    agent: str
    started_at: datetime
    before: ScoreSheet
    after: ScoreSheet

    @property
    def by(self) -> float:
        return (self.after.total or 0.0) - (self.before.total or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    calls: int
    mean_before: float | None
    mean_after: float | None
    passed_before: int
    passed_after: int
    turned: int
    """Calls that pass by one card and not by the other."""
    moved: tuple[Moved, ...]
    """Those that change most."""


def preview(connection: Connection, before: Card, after: Card, *, most: int = MOST) -> Preview:
    """Both cards over the newest calls, with what people said of each."""
    query = select(calls.c.id, WHO.label("agent"), calls.c.started_at)
    scored = query.where(calls.c.score.is_not(None)).order_by(calls.c.started_at.desc())
    rows = connection.execute(scored.limit(most)).all()
    found = [
        one
        for row in rows
        if (one := _moved(connection, row.id, row.agent, row.started_at, before, after))
    ]
    changed = sorted((one for one in found if one.by), key=lambda one: -abs(one.by))
    return Preview(
        calls=len(found),
        mean_before=_mean([one.before.total for one in found]),
        mean_after=_mean([one.after.total for one in found]),
        passed_before=sum(one.before.passed is True for one in found),
        passed_after=sum(one.after.passed is True for one in found),
        turned=sum(one.before.passed is not one.after.passed for one in found),
        moved=tuple(changed[:_SHOWN]),
    )


def _moved(
    connection: Connection,
    call_id: str,
    agent: str,
    started_at: datetime,
    before: Card,
    after: Card,
) -> Moved | None:
    frozen = snapshots.current(connection, call_id)
    report = frozen.report if frozen else load(connection, call_id)
    if report is None:
        return None
    said = {key: opinion.right for key, opinion in frozen.said.items()} if frozen else {}
    answers = frozen.answers.get("items", {}) if frozen else {}
    book = rulebook_of(connection, call_id)
    old, new = (scoring.fill(card, report, said, answers, book) for card in (before, after))
    return Moved(call=call_id, agent=agent, started_at=started_at, before=old, after=new)


def _mean(totals: list[float | None]) -> float | None:
    known = [total for total in totals if total is not None]
    return round(fmean(known), 1) if known else None
