"""How a sample differs from what it was drawn from, so that nobody takes it for the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean
from typing import Any

from sqlalchemy import Connection, func, select

from api.review.sampling.plans import PlanKind
from api.review.tables import tasks
from api.store.agents import WHO
from api.store.tables import calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Picked:
    """What one plan has picked: how many, how many only it, and how they differ from all calls."""

    kind: str
    calls: int
    only: int
    share: float
    mean_score: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """The sample against what it was drawn from, over the same days."""

    calls: int
    sampled: int
    mean_all: float | None
    mean_sampled: float | None
    plans: tuple[Picked, ...]
    agents: int
    agents_unseen: tuple[str, ...]
    """Agents with calls of whom no call was picked."""


def bias(connection: Connection, since: datetime) -> Bias:
    """How the sample of calls begun since then differs from all of them."""
    recent = calls.c.started_at >= since
    whole = connection.execute(
        select(func.count().label("n"), func.avg(calls.c.score).label("mean")).where(recent)
    ).one()
    rows = connection.execute(
        select(tasks.c.reasons, calls.c.score, WHO.label("agent"))
        .join(calls, calls.c.id == tasks.c.call_id)
        .where(recent, tasks.c.purpose == "sample")
    ).all()
    agents = set(connection.scalars(select(WHO).where(recent).distinct()))
    seen = {row.agent for row in rows}
    return Bias(
        calls=whole.n,
        sampled=len(rows),
        mean_all=whole.mean,
        mean_sampled=_mean(rows),
        plans=tuple(_picked(kind, rows, whole.n) for kind in PlanKind),
        agents=len(agents),
        agents_unseen=tuple(sorted(agents - seen)),
    )


def _picked(kind: PlanKind, rows: Sequence[Any], whole: int) -> Picked:
    mine = [row for row in rows if kind.value in row.reasons]
    return Picked(
        kind=kind.value,
        calls=len(mine),
        only=sum(len(row.reasons) == 1 for row in mine),
        share=len(mine) / whole if whole else 0.0,
        mean_score=_mean(mine),
    )


def _mean(rows: Sequence[Any]) -> float | None:
    """Of the calls that could be judged."""
    scores = [row.score for row in rows if row.score is not None]
    return fmean(scores) if scores else None
