"""Erasing one person (个人信息保护法 47): their calls as a purge takes them, account and name.

What they judged of others' calls stays, under a name that leads to nobody. The audit trail is kept
as the law wants it: rows that were written before still hold the login they were written with.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Column, Connection, Table, delete, func, select, update

from api.review.accounts.people import AccountRole
from api.review.errors import ReviewError, Taken
from api.review.persons import PersonCounts, Subject, SubjectKind, held
from api.review.purge import Traces, forget_deleted, remove_calls
from api.review.tables import (
    appeals,
    calibrations,
    coaching_notes,
    corrections,
    flags,
    notices,
    people,
    pins,
    plans,
    reviews,
    saved_searches,
    scorecards,
    sheets,
    tasks,
)
from api.store import Store, audit
from api.store.tables import agents, verdicts

SHORTEST_REASON = 3
"""As long as 工单88: a shorter reference names no request."""
_NAMED: tuple[tuple[Table, Column[Any]], ...] = (
    (reviews, reviews.c.inspector),
    (sheets, sheets.c.author),
    (verdicts, verdicts.c.by),
    (appeals, appeals.c.by),
    (appeals, appeals.c.answered_by),
    (corrections, corrections.c.by),
    (flags, flags.c.by),
    (calibrations, calibrations.c.made_by),
    (scorecards, scorecards.c.made_by),
    (plans, plans.c.made_by),
    (tasks, tasks.c.seat),
    (tasks, tasks.c.locked_by),
    (pins, pins.c.by),
    (coaching_notes, coaching_notes.c.by),
)
"""Wherever a login stands beside what somebody did."""


def erase(
    store: Store, subject: Subject, *, who: str, reason: str, traces: Traces | None = None
) -> PersonCounts:
    """Take everything away that is kept about a person; returns how much there was.

    Raises ReviewError without a reason, Taken for oneself and for the last administrator.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        told = f"a reason has at least {SHORTEST_REASON} characters: the request's number, or why"
        raise ReviewError(told, key="reason_short")
    if subject.login and subject.login == who:
        raise Taken("nobody erases themselves", key="not_oneself")
    with store.reading() as connection:
        _check_administrators(connection, subject)
        found = held(connection, subject)
    remove_calls(store, subject.which, who, {"person": subject.kind.value}, traces)
    alias = f"erased-{secrets.token_hex(4)}"
    with store.writing() as connection:
        if subject.login:
            _rename(connection, subject.login, alias)
            for table in (saved_searches, notices, people):
                connection.execute(delete(table).where(table.c.login == subject.login))
        if subject.number:
            mine = select(coaching_notes.c.id).where(coaching_notes.c.agent == subject.number)
            connection.execute(delete(pins).where(pins.c.note.in_(mine)))
            given = coaching_notes.c.agent == subject.number
            connection.execute(delete(coaching_notes).where(given))
            connection.execute(delete(agents).where(agents.c.number == subject.number))
        detail = {"kind": subject.kind.value, "calls": found.calls, "reviews": found.reviews}
        audit.record(connection, who=who, action="person.erased", subject=alias, detail=detail)
    forget_deleted(store)
    return found


def _check_administrators(connection: Connection, subject: Subject) -> None:
    if subject.kind is SubjectKind.CUSTOMER or not subject.login:
        return
    others = select(func.count()).where(
        people.c.role == AccountRole.ADMIN, people.c.active, people.c.login != subject.login
    )
    if not connection.scalar(others):
        raise Taken("the last administrator must stay one", key="last_admin")


def _rename(connection: Connection, login: str, alias: str) -> None:
    for table, column in _NAMED:
        connection.execute(update(table).where(column == login).values({column.name: alias}))
    for row in connection.execute(select(calibrations.c.id, calibrations.c.inspectors)).all():
        if login in row.inspectors:
            names = [alias if name == login else name for name in row.inspectors]
            here = update(calibrations).where(calibrations.c.id == row.id)
            connection.execute(here.values(inspectors=names))
    for number, body in connection.execute(select(sheets.c.id, sheets.c.body)).all():
        said = body.get("said", {})
        if any(one.get("by") == login for one in said.values()):
            renamed = {
                key: {**one, "by": alias} if one.get("by") == login else one
                for key, one in said.items()
            }
            here = update(sheets).where(sheets.c.id == number)
            connection.execute(here.values(body={**body, "said": renamed}))
