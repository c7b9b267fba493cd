"""What was just filed: every fatal call and every one with findings that wait is queued at once.

A plan that takes every call of a kind has no reason to wait for the end of its period, and a
recording of last month that is filed today would be in no period that is still drawn.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, exists, select

from api.review.sampling.drawing import file_tasks, lock_drawing, wanted
from api.review.sampling.plans import Plan, PlanKind, all_plans
from api.review.tables import outcomes, tasks
from api.store import Store, audit
from api.store.tables import calls

FRESH = timedelta(days=14)
"""After longer a new plan is drawn by hand: switching it on must not queue an archive."""
_SAMPLES = frozenset({PlanKind.RANDOM, PlanKind.NEW_AGENT})
"""Kinds that take some calls of many, once the period is whole."""


def draw_filed(store: Store, now: datetime, *, by: str) -> int:
    """Queue what was filed lately, is in no queue and was judged by nobody; returns how many."""
    with store.reading() as connection:
        plans = [plan for plan in all_plans(connection) if _is_at_once(plan)]
        if not any(_picks(connection, plan, now) for plan in plans):
            return 0
    with store.writing() as connection:
        lock_drawing(connection)
        reasons: dict[str, set[str]] = defaultdict(set)
        for plan in plans:
            for call_id in _picks(connection, plan, now):
                reasons[call_id].add(plan.kind.value)
        made = file_tasks(connection, reasons)
        detail = {"calls": len(reasons), "new": made}
        audit.record(connection, who=by, action="plan.drawn", subject="queue", detail=detail)
    return made


def _is_at_once(plan: Plan) -> bool:
    return plan.active and plan.every is not None and plan.kind not in _SAMPLES


def _picks(connection: Connection, plan: Plan, now: datetime) -> list[str]:
    known = exists().where(tasks.c.call_id == calls.c.id, tasks.c.purpose == "sample")
    judged = exists().where(outcomes.c.call_id == calls.c.id)
    query = select(calls.c.id).where(calls.c.stored_at >= now - FRESH, ~known, ~judged)
    return list(connection.scalars(query.where(wanted(plan))))
