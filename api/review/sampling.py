"""Which calls people hear: plans that pick, the same way each time, and what they leave out.

The random plan ranks the calls of each agent and ISO week by a hash of their ids: nobody can
steer it, drawing again picks the same ones, and an auditor can repeat it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from statistics import fmean
from typing import Any

from sqlalchemy import Connection, exists, func, insert, select, update

from api.review.errors import NotThere, ReviewError
from api.review.tables import flags, plans, tasks
from api.store import Store, audit
from api.store.tables import calls, hits

FIRST_DAYS = 7


class Kind(StrEnum):
    RANDOM = "random"
    FATAL = "fatal"
    LOW_CONFIDENCE = "low_confidence"
    LOW_SCORE = "low_score"
    LONG = "long"
    NEW_AGENT = "new_agent"
    FEEDBACK = "feedback"


PRIORITY = {
    Kind.FATAL: 100,
    Kind.FEEDBACK: 90,
    Kind.NEW_AGENT: 60,
    Kind.LOW_CONFIDENCE: 50,
    Kind.LOW_SCORE: 50,
    Kind.LONG: 30,
    Kind.RANDOM: 20,
}

DEFAULTS = (
    (Kind.RANDOM, "每位坐席每周随机抽", 2.0),
    (Kind.FATAL, "全部致命项", 0.0),
    (Kind.FEEDBACK, "坐席标记不准", 0.0),
    (Kind.LOW_CONFIDENCE, "听得没把握", 0.6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`amount`: calls a week (random), a score, a confidence, or minutes (long)."""

    id: int
    name: str
    kind: Kind
    amount: float
    active: bool


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


def ensure_plans(store: Store) -> None:
    """The plans a site begins with."""
    with store.reading() as connection:
        if connection.scalar(select(func.count()).select_from(plans)):
            return
    for kind, name, amount in DEFAULTS:
        make_plan(store, name=name, kind=kind, amount=amount, by="first start")


def make_plan(store: Store, *, name: str, kind: str, amount: float, by: str) -> None:
    if kind not in set(Kind):
        raise ReviewError(f"kind: expected one of {', '.join(Kind)}", key="bad_plan")
    if not 0 <= amount <= 10_000:
        raise ReviewError("amount: expected 0 to 10000", key="bad_plan")
    row = {"name": name[:80] or kind, "kind": kind, "amount": amount, "active": True}
    with store.writing() as connection:
        connection.execute(insert(plans).values(**row, made_by=by, made_at=datetime.now(UTC)))
        detail = {"kind": kind, "amount": amount}
        audit.record(connection, who=by, action="plan.made", subject=name[:80], detail=detail)


def switch_plan(store: Store, number: int, *, active: bool, by: str) -> None:
    with store.writing() as connection:
        done = connection.execute(update(plans).where(plans.c.id == number).values(active=active))
        if not done.rowcount:
            raise NotThere("no such plan", key="not_there")
        audit.record(
            connection,
            who=by,
            action="plan.changed",
            subject=f"plan {number}",
            detail={"active": active},
        )


def all_plans(connection: Connection) -> list[Plan]:
    return [
        Plan(id=r.id, name=r.name, kind=Kind(r.kind), amount=r.amount, active=r.active)
        for r in connection.execute(select(plans).order_by(plans.c.id))
    ]


def draw(store: Store, *, since: datetime, by: str) -> int:
    """Run the active plans over calls begun since then; returns how many new tasks there are."""
    with store.writing() as connection:
        reasons: dict[str, set[str]] = defaultdict(set)
        for plan in all_plans(connection):
            if plan.active:
                for call_id in _picks(connection, plan, since):
                    reasons[call_id].add(plan.kind.value)
        made = _file(connection, reasons)
        detail = {"calls": len(reasons), "new": made}
        audit.record(connection, who=by, action="plan.drawn", subject="queue", detail=detail)
    return made


def _picks(connection: Connection, plan: Plan, since: datetime) -> Iterable[str]:
    recent = select(calls.c.id).where(calls.c.started_at >= since)
    if plan.kind is Kind.RANDOM:
        return _random(connection, since, round(plan.amount))
    if plan.kind is Kind.NEW_AGENT:
        return _new(connection, since)
    if plan.kind is Kind.FATAL:
        recent = recent.where(calls.c.fatal)
    elif plan.kind is Kind.LOW_SCORE:
        recent = recent.where(calls.c.score < plan.amount)
    elif plan.kind is Kind.LONG:
        recent = recent.where(calls.c.duration_ms > plan.amount * 60_000)
    elif plan.kind is Kind.FEEDBACK:
        recent = recent.where(exists().where(flags.c.call_id == calls.c.id))
    else:
        doubtful = exists().where(hits.c.call_id == calls.c.id, hits.c.needs_review)
        recent = recent.where((calls.c.confidence < plan.amount) | doubtful)
    return connection.scalars(recent).all()


def _random(connection: Connection, since: datetime, each: int) -> Iterable[str]:
    groups: dict[tuple[str, int, int], list[str]] = defaultdict(list)
    query = select(calls.c.id, calls.c.agent, calls.c.started_at)
    for row in connection.execute(query.where(calls.c.started_at >= since)):
        year, week, _ = row.started_at.isocalendar()
        groups[row.agent, year, week].append(row.id)
    for ids in groups.values():
        yield from sorted(ids, key=lambda i: hashlib.sha256(i.encode()).digest())[:each]


def _new(connection: Connection, since: datetime) -> Iterable[str]:
    first = func.min(calls.c.started_at).label("first")
    began = {
        row.agent: row.first
        for row in connection.execute(
            select(calls.c.agent, first).where(calls.c.agent != "").group_by(calls.c.agent)
        )
        if row.first >= since - timedelta(days=FIRST_DAYS)
    }
    if not began:
        return
    query = select(calls.c.id, calls.c.agent, calls.c.started_at)
    query = query.where(calls.c.started_at >= since, calls.c.agent.in_(began))
    for row in connection.execute(query):
        if row.started_at < began[row.agent] + timedelta(days=FIRST_DAYS):
            yield row.id


def _file(connection: Connection, reasons: dict[str, set[str]]) -> int:
    known = {
        row.call_id: row
        for row in connection.execute(select(tasks).where(tasks.c.purpose == "sample"))
        if row.call_id in reasons
    }
    now = datetime.now(UTC)
    fresh = [_task(call_id, why, now) for call_id, why in reasons.items() if call_id not in known]
    if fresh:
        connection.execute(insert(tasks), fresh)
    for call_id, row in known.items():
        why = reasons[call_id] | set(row.reasons)
        if row.state == "open" and why != set(row.reasons):
            values = {"reasons": sorted(why), "priority": _priority(why)}
            connection.execute(update(tasks).where(tasks.c.id == row.id).values(values))
    return len(fresh)


def _task(call_id: str, why: Iterable[str], now: datetime) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "purpose": "sample",
        "seat": "",
        "reasons": sorted(why),
        "priority": _priority(why),
        "state": "open",
        "locked_by": "",
        "made_at": now,
    }


def _priority(why: Iterable[str]) -> int:
    return max(PRIORITY[Kind(kind)] for kind in why)


def flag_not_right(store: Store, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
    """An agent says of a live prompt that it is not right: the call waits for an inspector."""
    with store.writing() as connection:
        here = (flags.c.call_id == call_id, flags.c.rule == rule, flags.c.begin_ms == begin_ms)
        if connection.scalar(select(func.count()).select_from(flags).where(*here)):
            return
        row = {"call_id": call_id, "rule": rule, "begin_ms": begin_ms, "by": by}
        connection.execute(insert(flags).values(**row, at=datetime.now(UTC)))
        _file(connection, {call_id: {Kind.FEEDBACK.value}})


def bias(connection: Connection, since: datetime) -> Bias:
    """How the sample of calls begun since then differs from all of them."""
    recent = calls.c.started_at >= since
    whole = connection.execute(
        select(func.count().label("n"), func.avg(calls.c.score).label("mean")).where(recent)
    ).one()
    rows = connection.execute(
        select(tasks.c.reasons, calls.c.score, calls.c.agent)
        .join(calls, calls.c.id == tasks.c.call_id)
        .where(recent, tasks.c.purpose == "sample")
    ).all()
    agents = set(connection.scalars(select(calls.c.agent).where(recent).distinct()))
    seen = {row.agent for row in rows}
    return Bias(
        calls=whole.n,
        sampled=len(rows),
        mean_all=whole.mean,
        mean_sampled=fmean(row.score for row in rows) if rows else None,
        plans=tuple(_picked(kind, rows, whole.n) for kind in Kind),
        agents=len(agents),
        agents_unseen=tuple(sorted(agents - seen)),
    )


def _picked(kind: Kind, rows: Sequence[Any], whole: int) -> Picked:
    mine = [row for row in rows if kind.value in row.reasons]
    return Picked(
        kind=kind.value,
        calls=len(mine),
        only=sum(len(row.reasons) == 1 for row in mine),
        share=len(mine) / whole if whole else 0.0,
        mean_score=fmean(row.score for row in mine) if mine else None,
    )
