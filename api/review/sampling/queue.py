"""What waits to be judged: filtered, ordered, locked while somebody works on it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    LABEL_STYLE_TABLENAME_PLUS_COL,
    ColumnElement,
    Connection,
    String,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)

from api.review.accounts import people
from api.review.errors import NotThere, Taken
from api.review.records import Task
from api.review.sampling.waiting import Waiting, waiting_of
from api.review.tables import outcomes, reviews, tasks
from api.store.agents import took
from api.store.records import as_record
from api.store.tables import calls
from qa_engine.rules.counting import Conclusion

LOCK = timedelta(minutes=20)
"""Longer than a break for water; every save renews it."""

PAGE = 40
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """All that a shared address can say; empty means any."""

    state: str = "open"
    """open, mine (locked by me), done."""
    agent: str = ""
    team: str = ""
    reason: str = ""
    purpose: str = ""
    below: float | None = None
    fatal: bool = False
    conclusion: str = ""
    """passed, failed, to_review, not_judgeable."""


_WORST_FIRST = (
    calls.c.fatal.desc(),
    tasks.c.priority.desc(),
    calls.c.score.is_(None),
    calls.c.score,
    calls.c.waiting_count.desc(),
    tasks.c.id,
)
_SHOWN = [column for column in calls.columns if column.name != "rest"]


def page(
    connection: Connection,
    filters: Filters,
    *,
    login: str,
    after: int = 0,
    kept: Collection[str] = (),
) -> tuple[list[Waiting], int]:
    """One page from the row `after`, and how many match (counted up to a thousand).

    `kept`: calls that this inspector is yet to judge blind.
    """
    where = _where(connection, filters, login)
    query = (
        select(tasks, *_SHOWN, outcomes)
        .join(calls, calls.c.id == tasks.c.call_id)
        .outerjoin(outcomes, outcomes.c.call_id == tasks.c.call_id)
        .where(*where)
        .order_by(*_WORST_FIRST)
        .offset(after)
        .limit(PAGE)
    )
    rows = [
        waiting_of(row, kept)
        for row in connection.execute(query.set_label_style(LABEL_STYLE_TABLENAME_PLUS_COL))
    ]
    some = select(tasks.c.id).join(calls, calls.c.id == tasks.c.call_id).where(*where)
    capped = some.limit(MOST_COUNTED).subquery()
    return rows, connection.scalar(select(func.count()).select_from(capped)) or 0


def take(connection: Connection, number: int, login: str) -> None:
    """Lock a task for this inspector, or renew the lock. Raises Taken with who has it."""
    now = datetime.now(UTC)
    free = or_(
        tasks.c.locked_by.in_(("", login)),
        tasks.c.locked_until.is_(None),
        tasks.c.locked_until < now,
    )
    locked = (
        update(tasks)
        .where(tasks.c.id == number, tasks.c.state == "open", free)
        .where(tasks.c.seat.in_(("", login)))
        .values(locked_by=login, locked_until=now + LOCK)
    )
    if connection.execute(locked).rowcount:
        return
    if not is_free(connection, number, login):
        raise held(connection, number)


def held(connection: Connection, number: int) -> Taken:
    """The refusal of a task that another works on, with the name of who does."""
    by = task_of(connection, number).locked_by
    who = people.names(connection).get(by, by)
    return Taken(f"{by} is working on this call", key="locked", who=who)


def is_free(connection: Connection, number: int, login: str) -> bool:
    """Whether this inspector might take a task; locks nothing.

    Raises NotThere where it is another's, Taken where it is done.
    """
    row = task_of(connection, number)
    if row.seat not in ("", login):
        raise NotThere("no such task", key="not_there")
    if row.state != "open":
        raise Taken("this call was already judged", key="already_done")
    held = row.locked_until is not None and row.locked_until > datetime.now(UTC)
    return not held or row.locked_by in ("", login)


def is_mine(connection: Connection, number: int, login: str) -> bool:
    """Whether this inspector holds a task."""
    row = task_of(connection, number)
    held = row.locked_until is not None and row.locked_until > datetime.now(UTC)
    return row.state == "open" and held and bool(row.locked_by == login)


def open_page(connection: Connection, number: int, login: str) -> None:
    """Note when the page of a task that one holds was opened last, for `leave_page`."""
    mine = (tasks.c.id == number, tasks.c.locked_by == login)
    connection.execute(update(tasks).where(*mine).values(opened_at=datetime.now(UTC)))


def leave_page(connection: Connection, number: int, login: str, opened_at: datetime) -> None:
    """Unlock a task whose page was left, unless it was opened again since."""
    mine = (tasks.c.locked_by == login, tasks.c.opened_at == opened_at, tasks.c.state == "open")
    connection.execute(
        update(tasks)
        .where(tasks.c.id == number, *mine)
        .values(locked_by="", locked_until=None, opened_at=None)
    )


def hand_back(connection: Connection, number: int, login: str) -> None:
    """Unlock what I hold; nothing happens when I do not hold it."""
    connection.execute(
        update(tasks)
        .where(tasks.c.id == number, tasks.c.locked_by == login)
        .values(locked_by="", locked_until=None)
    )


def next_task(connection: Connection, filters: Filters, login: str) -> tuple[int, str] | None:
    """Lock the first free task that matches: (task, call); None when there is none."""
    query = (
        select(tasks.c.id, tasks.c.call_id)
        .join(calls, calls.c.id == tasks.c.call_id)
        .where(*_where(connection, filters, login), _free(login))
        .order_by(*_WORST_FIRST)
        .limit(20)
    )
    for number, call_id in connection.execute(query).all():
        try:
            take(connection, number, login)
        except Taken:
            continue
        return number, call_id
    return None


def task_of(connection: Connection, number: int) -> Task:
    """Raises NotThere."""
    row = connection.execute(select(tasks).where(tasks.c.id == number)).first()
    if row is None:
        raise NotThere("no such task", key="not_there")
    return as_record(Task, row)


def _free(login: str) -> ColumnElement[bool]:
    now = datetime.now(UTC)
    return or_(tasks.c.locked_by.in_(("", login)), tasks.c.locked_until < now)


def _where(connection: Connection, filters: Filters, login: str) -> list[ColumnElement[bool]]:
    where = [tasks.c.seat.in_(("", login)), ~_second_look_at_own(login)]
    if filters.state == "mine":
        where += [tasks.c.state == "open", tasks.c.locked_by == login]
    else:
        where.append(tasks.c.state == ("done" if filters.state == "done" else "open"))
    if filters.agent:
        where.append(took(connection, filters.agent))
    if filters.team:
        where.append(calls.c.team == filters.team)
    if filters.purpose:
        # Calls that are reviewed again are numbered: again-1, again-2.
        numbered = tasks.c.purpose.startswith(f"{filters.purpose}-", autoescape=True)
        where.append(or_(tasks.c.purpose == filters.purpose, numbered))
    if filters.reason:
        quoted = f'"{filters.reason}"'
        where.append(cast(tasks.c.reasons, String).contains(quoted, autoescape=True))
    if filters.below is not None:
        where.append(calls.c.score < filters.below)
    if filters.fatal:
        where.append(calls.c.fatal)
    if filters.conclusion:
        where.append(_concluded(filters.conclusion))
    return where


def _concluded(conclusion: str) -> ColumnElement[bool]:
    """Calls that the machine concluded so."""
    if conclusion == Conclusion.NOT_JUDGEABLE:
        return calls.c.score.is_(None)
    if conclusion == Conclusion.TO_REVIEW:
        return calls.c.score.is_not(None) & calls.c.passed.is_(None)
    return calls.c.passed.is_(conclusion == Conclusion.PASSED)


def _second_look_at_own(login: str) -> ColumnElement[bool]:
    """A double review is somebody else's."""
    mine = exists().where(reviews.c.call_id == tasks.c.call_id, reviews.c.inspector == login)
    return (
        (tasks.c.purpose == "double")
        & (tasks.c.state == "open")
        & mine.where(reviews.c.purpose == "sample")
    )
