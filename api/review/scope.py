"""Which calls a board adds up: whose, of when, and none whose appeal waits past its deadline."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection

from api.review.appeals import overdue
from api.review.periods import Period
from api.store.tables import calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose calls; empty means everybody's."""

    agent: str = ""
    team: str = ""


def counted(connection: Connection, period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    """Conditions on `calls` for all that counts in a period."""
    return [*within(period), *whose(scope), *late(connection)]


def late(connection: Connection) -> list[ColumnElement[bool]]:
    """Without the calls of late appeals; no condition where there are none."""
    held = overdue(connection)
    return [calls.c.id.not_in(held)] if held else []


def within(period: Period) -> list[ColumnElement[bool]]:
    return [calls.c.started_at >= period.begin, calls.c.started_at < period.end]


def whose(scope: Scope) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if scope.agent:
        where.append(calls.c.agent == scope.agent)
    if scope.team:
        where.append(calls.c.team == scope.team)
    return where
