"""Which calls a board adds up: whose, of when, and none whose appeal waits past its deadline."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists

from api.review.boards.periods import Period
from api.review.judging.appeals import overdue
from api.review.tables import outcomes
from api.store.agents import took
from api.store.tables import calls


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardScope:
    """Whose calls; empty means everybody's."""

    agent: str = ""
    """A staff number, or a name as people type it."""
    own: bool = False
    """Of that staff number alone: an agent's own."""
    team: str = ""


def counted(connection: Connection, period: Period, scope: BoardScope) -> list[ColumnElement[bool]]:
    """Conditions on `calls` for all that counts in a period."""
    return [*within(period), *whose(connection, scope), *late(connection)]


def late(connection: Connection) -> list[ColumnElement[bool]]:
    """Without the calls of late appeals; no condition where there are none."""
    held = overdue(connection)
    return [calls.c.id.not_in(held)] if held else []


def unjudged() -> ColumnElement[bool]:
    """Calls of which only the machine's results count."""
    return ~exists().where(outcomes.c.call_id == calls.c.id)


def within(period: Period) -> list[ColumnElement[bool]]:
    return [calls.c.started_at >= period.begin, calls.c.started_at < period.end]


def whose(connection: Connection, scope: BoardScope) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if scope.own:
        # Calls without a number must not match a person without one.
        where.append((calls.c.agent == scope.agent) & (calls.c.agent != ""))
    elif scope.agent:
        where.append(took(connection, scope.agent))
    if scope.team:
        where.append(calls.c.team == scope.team)
    return where
