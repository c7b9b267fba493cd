"""Sampling plans: which calls people should hear, and how often each is drawn by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from api.review.boards.periods import Unit
from api.review.errors import NotThere, ReviewError
from api.review.tables import plans
from api.store import Store, audit


class PlanKind(StrEnum):
    RANDOM = "random"
    FATAL = "fatal"
    LOW_CONFIDENCE = "low_confidence"
    LOW_SCORE = "low_score"
    LONG = "long"
    NEW_AGENT = "new_agent"
    FEEDBACK = "feedback"
    UNJUDGEABLE = "unjudgeable"


PRIORITY = {
    PlanKind.FATAL: 100,
    PlanKind.FEEDBACK: 90,
    PlanKind.LOW_CONFIDENCE: 50,
    PlanKind.LOW_SCORE: 50,
    PlanKind.NEW_AGENT: 40,
    PlanKind.LONG: 30,
    PlanKind.RANDOM: 20,
    PlanKind.UNJUDGEABLE: 10,
}

DEFAULTS = (
    (PlanKind.RANDOM, "每位坐席每周随机抽", 2.0, Unit.WEEK),
    (PlanKind.FATAL, "全部致命项", 0.0, Unit.DAY),
    (PlanKind.FEEDBACK, "坐席标记不准", 0.0, Unit.DAY),
    (PlanKind.LOW_CONFIDENCE, "机器不确定", 0.6, Unit.DAY),
    (PlanKind.UNJUDGEABLE, "不可评的通话", 0.0, Unit.DAY),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`amount`: calls a week (random), a score, a confidence, or minutes (long)."""

    id: int
    name: str
    kind: PlanKind
    amount: float
    every: Unit | None
    """How often the plan is drawn by itself; None: only by hand."""
    active: bool


def ensure_plans(store: Store) -> None:
    """The plans a site begins with, once, whoever starts first."""
    with store.reading() as connection:
        if _any(connection):
            return
    with store.writing() as connection:
        if connection.dialect.name == "postgresql":
            # Two servers of a new site must not both make them.
            connection.execute(text("LOCK TABLE plans IN SHARE ROW EXCLUSIVE MODE"))
        if _any(connection):
            return
        for kind, name, amount, every in DEFAULTS:
            row = {"name": name, "kind": kind.value, "amount": amount, "every": every.value}
            _make(connection, row, by="first start")


def _any(connection: Connection) -> bool:
    return bool(connection.scalar(select(func.count()).select_from(plans)))


def make_plan(
    store: Store, *, name: str, kind: str, amount: float, every: str = "", by: str
) -> None:
    """Raises ReviewError for a kind, an amount or a rhythm that does not exist."""
    if kind not in set(PlanKind):
        raise ReviewError(f"kind: expected one of {', '.join(PlanKind)}", key="bad_plan")
    if not 0 <= amount <= 10_000:
        raise ReviewError("amount: expected 0 to 10000", key="bad_plan")
    row = {"name": name[:80] or kind, "kind": kind, "amount": amount, "every": _rhythm(every)}
    with store.writing() as connection:
        _make(connection, row, by=by)


def _make(connection: Connection, row: dict[str, Any], *, by: str) -> None:
    made = insert(plans).values(**row, active=True, made_by=by, made_at=datetime.now(UTC))
    connection.execute(made)
    detail = {name: row[name] for name in ("kind", "amount", "every")}
    audit.record(connection, who=by, action="plan.made", subject=row["name"], detail=detail)


def change_plan(
    store: Store, number: int, *, by: str, active: bool | None = None, every: str | None = None
) -> None:
    """Switch a plan on or off, or give it another rhythm. Raises NotThere, ReviewError."""
    values: dict[str, bool | str] = {} if active is None else {"active": active}
    if every is not None:
        values["every"] = _rhythm(every)
    with store.writing() as connection:
        done = connection.execute(update(plans).where(plans.c.id == number).values(values))
        if not done.rowcount:
            raise NotThere("no such plan", key="not_there")
        subject = f"plan {number}"
        audit.record(connection, who=by, action="plan.changed", subject=subject, detail=values)


def all_plans(connection: Connection) -> list[Plan]:
    return [
        Plan(
            id=r.id,
            name=r.name,
            kind=PlanKind(r.kind),
            amount=r.amount,
            every=Unit(r.every) if r.every else None,
            active=r.active,
        )
        for r in connection.execute(select(plans).order_by(plans.c.id))
    ]


def _rhythm(every: str) -> str:
    if every and every not in set(Unit):
        raise ReviewError(f"every: expected one of {', '.join(Unit)}, or nothing", key="bad_plan")
    return str(every)
