"""Drawing a sample: plans pick calls, the same way each time, and the queue gets them once.

The random plan ranks the calls of each agent and week by a hash of their ids: no person can steer
it, and an auditor can repeat it. A week that was drawn before it was over keeps what it has and
is only filled up.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, insert, select, update

from api.review.boards.periods import Unit, holding
from api.review.sampling.plans import PRIORITY, Plan, PlanKind, all_plans
from api.review.tables import flags, tasks
from api.review.tables import plans as plans_table
from api.store import Store, audit
from api.store.agents import WHO
from api.store.tables import calls, hits

FIRST_DAYS = 7
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)
_AT_ONCE = 500
"""Ids in one question: databases bound the number of values."""


def draw(store: Store, *, since: datetime, by: str) -> int:
    """Run the active plans over calls begun since then; returns how many new tasks there are."""
    with store.writing() as connection:
        active = [plan for plan in all_plans(connection) if plan.active]
        return run(connection, active, since=since, by=by)


def run(
    connection: Connection,
    plans: Iterable[Plan],
    *,
    since: datetime,
    until: datetime | None = None,
    by: str,
) -> int:
    """Run these plans in the caller's transaction, over calls begun in that span."""
    lock_drawing(connection)
    reasons: dict[str, set[str]] = defaultdict(set)
    for plan in plans:
        for call_id in _picks(connection, plan, since, until or _NEVER):
            reasons[call_id].add(plan.kind.value)
    made = file_tasks(connection, reasons)
    detail = {"calls": len(reasons), "new": made}
    audit.record(connection, who=by, action="plan.drawn", subject="queue", detail=detail)
    return made


def lock_drawing(connection: Connection) -> None:
    """Two who draw at once must not both make the task of a call (SQLite has one writer anyway)."""
    connection.execute(select(plans_table.c.id).with_for_update()).all()


def flag_not_right(store: Store, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
    """An agent says of a live prompt that it is not right: the call waits for an inspector."""
    with store.writing() as connection:
        lock_drawing(connection)
        here = (flags.c.call_id == call_id, flags.c.rule == rule, flags.c.begin_ms == begin_ms)
        if connection.scalar(select(func.count()).select_from(flags).where(*here)):
            return
        row = {"call_id": call_id, "rule": rule, "begin_ms": begin_ms, "by": by}
        connection.execute(insert(flags).values(**row, at=datetime.now(UTC)))
        file_tasks(connection, {call_id: {PlanKind.FEEDBACK.value}})
        detail = {"rule": rule, "begin_ms": begin_ms}
        audit.record(connection, who=by, action="flag.raised", subject=call_id, detail=detail)


def _picks(connection: Connection, plan: Plan, since: datetime, until: datetime) -> Iterable[str]:
    if plan.kind is PlanKind.RANDOM:
        return _random(connection, since, until, round(plan.amount))
    if plan.kind is PlanKind.NEW_AGENT:
        return _new(connection, since, until)
    recent = select(calls.c.id).where(calls.c.started_at >= since, calls.c.started_at < until)
    return connection.scalars(recent.where(wanted(plan))).all()


def wanted(plan: Plan) -> ColumnElement[bool]:
    """Which calls a plan takes that takes every call of a kind."""
    if plan.kind is PlanKind.UNJUDGEABLE:
        return calls.c.score.is_(None)
    if plan.kind is PlanKind.FATAL:
        # One that waits is a person's first of all.
        return calls.c.fatal | to_review()
    if plan.kind is PlanKind.LOW_SCORE:
        return calls.c.score < plan.amount
    if plan.kind is PlanKind.LONG:
        return calls.c.duration_ms > plan.amount * 60_000
    if plan.kind is PlanKind.FEEDBACK:
        return exists().where(flags.c.call_id == calls.c.id)
    doubtful = exists().where(hits.c.call_id == calls.c.id, hits.c.needs_review)
    unsure = (calls.c.confidence < plan.amount) | doubtful | (calls.c.waiting_count > 0)
    return unsure & calls.c.score.is_not(None)


def to_review() -> ColumnElement[bool]:
    """待复核: scored, and neither passed nor failed before a person has decided."""
    return calls.c.score.is_not(None) & calls.c.passed.is_(None)


def _random(connection: Connection, since: datetime, until: datetime, each: int) -> Iterator[str]:
    """As many calls of each agent in each week; weeks are whole, so `since` goes back to one."""
    first = holding(Unit.WEEK, since).begin
    has: Counter[tuple[str, datetime]] = Counter()
    sampled = set()
    before = (
        select(tasks.c.call_id, tasks.c.reasons, WHO.label("agent"), calls.c.started_at)
        .join(calls, calls.c.id == tasks.c.call_id)
        .where(calls.c.started_at >= first, tasks.c.purpose == "sample")
    )
    for task in connection.execute(before):
        if PlanKind.RANDOM.value in task.reasons:
            has[task.agent, holding(Unit.WEEK, task.started_at).begin] += 1
            sampled.add(task.call_id)
    groups: dict[tuple[str, datetime], list[str]] = defaultdict(list)
    query = select(calls.c.id, WHO.label("agent"), calls.c.started_at)
    span = (calls.c.started_at >= first, calls.c.started_at < until, calls.c.score.is_not(None))
    for row in connection.execute(query.where(*span)):
        if row.id not in sampled:
            groups[row.agent, holding(Unit.WEEK, row.started_at).begin].append(row.id)
    for group, ids in groups.items():
        yield from sorted(ids, key=_rank)[: max(0, each - has[group])]


def _rank(call_id: str) -> bytes:
    return hashlib.sha256(call_id.encode()).digest()


def _new(connection: Connection, since: datetime, until: datetime) -> Iterator[str]:
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
    query = query.where(calls.c.started_at >= since, calls.c.started_at < until)
    for row in connection.execute(query.where(calls.c.agent.in_(began))):
        if row.started_at < began[row.agent] + timedelta(days=FIRST_DAYS):
            yield row.id


def file_tasks(connection: Connection, reasons: dict[str, set[str]]) -> int:
    """A task for each call that has none; an open one learns the reasons it did not know."""
    known = {row.call_id: row for row in _sampled(connection, reasons)}
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


def _sampled(connection: Connection, ids: Iterable[str]) -> Iterator[Any]:
    wanted = list(ids)
    for first in range(0, len(wanted), _AT_ONCE):
        some = wanted[first : first + _AT_ONCE]
        query = select(tasks).where(tasks.c.purpose == "sample", tasks.c.call_id.in_(some))
        yield from connection.execute(query).all()


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
    return max(PRIORITY[PlanKind(kind)] for kind in why)
