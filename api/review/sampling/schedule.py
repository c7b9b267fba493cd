"""Plans with a rhythm are drawn by themselves: once for each day, week, month or quarter.

A period is drawn some hours after its end, when the night's recordings are in, and the period
before it again, for recordings that came late. Plans that take every call of a kind do not wait
for that (`arrivals`). After an outage one draw makes up for all that was
missed. Who writes the period's row of `draws` first may draw it, so that a restart or a second
server changes nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from api.review.boards.periods import Period, before, holding
from api.review.sampling import arrivals
from api.review.sampling.drawing import lock_drawing, run
from api.review.sampling.plans import Plan, all_plans
from api.review.tables import draws
from api.store import Store

SETTLE = timedelta(hours=6)
"""Past six in the morning the night's batch is in."""
BY = "schedule"


def run_due(store: Store, now: datetime) -> int:
    """Draw what is due at `now`; returns how many draws of a period that were.

    What was just filed and a plan takes every call of is drawn before, whenever the call was.
    """
    arrivals.draw_filed(store, now, by=BY)
    with store.reading() as connection:
        waiting = [
            (plan, period)
            for plan in all_plans(connection)
            if (period := due(plan, now)) and not _claimed(connection, plan, period)
        ]
    return sum(_draw(store, plan, period) for plan, period in waiting)


def due(plan: Plan, now: datetime) -> Period | None:
    """The last period that has ended and settled; None for a plan without a rhythm."""
    if plan.every is None or not plan.active:
        return None
    return before(holding(plan.every, now - SETTLE))


def next_at(plan: Plan, now: datetime) -> datetime | None:
    """When a plan is drawn by itself next."""
    return None if plan.every is None else holding(plan.every, now - SETTLE).end + SETTLE


def last_draws(connection: Connection) -> dict[int, datetime]:
    """Plan → when it last was drawn by itself."""
    query = select(draws.c.plan, func.max(draws.c.made_at).label("at")).group_by(draws.c.plan)
    return {row.plan: row.at for row in connection.execute(query)}


def _draw(store: Store, plan: Plan, period: Period) -> bool:
    with store.writing() as connection:
        lock_drawing(connection)
        last = connection.scalar(select(func.max(draws.c.begin)).where(draws.c.plan == plan.id))
        if not _claim(connection, plan, period):
            return False
        since = before(period).begin
        since = min(since, last or since)
        made = run(connection, [plan], since=since, until=period.end, by=BY)
        here = (draws.c.plan == plan.id, draws.c.begin == period.begin)
        connection.execute(update(draws).where(*here).values(new=made))
    return True


def _claim(connection: Connection, plan: Plan, period: Period) -> bool:
    row = {"plan": plan.id, "begin": period.begin, "made_at": datetime.now(UTC), "new": 0}
    try:
        with connection.begin_nested():
            connection.execute(insert(draws).values(row))
    except IntegrityError:
        return False
    return True


def _claimed(connection: Connection, plan: Plan, period: Period) -> bool:
    here = (draws.c.plan == plan.id, draws.c.begin == period.begin)
    return connection.scalar(select(draws.c.id).where(*here)) is not None
