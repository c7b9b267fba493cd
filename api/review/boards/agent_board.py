"""看板: what the scores of a period come to, by agent, team and period.

The score that counts is people's where they gave one, the machine's elsewhere; calibrations and
double reviews are in none of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Label,
    Row,
    Select,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)

from api.review.boards.periods import Period, last
from api.review.boards.scope import BoardScope, counted, late, whose, within
from api.review.boards.wilson import Share
from api.review.scores.standing import (
    BREACHES,
    FATAL,
    PASSED,
    SCORE,
    TO_GIVE,
    TRIGGERS,
    WAITING,
    joined,
)
from api.review.tables import outcomes
from api.store.agents import WHO, staff
from api.store.pinyin import order
from api.store.tables import calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of a board. `name` is an agent, a team or a period."""

    name: str
    team: str
    calls: int
    """All of them; `mean`, `passed` and `breaches_a_call` are of those that could be judged."""
    mean: float | None
    passed: Share
    fatal: int
    breaches: int
    doubts: int
    """待复核点: findings that a person decides first."""
    reviewed: int
    unjudged: int = 0
    """不可评: calls without a score, in no average."""
    waiting: int = 0
    """待复核: a person decides before they pass or fail; until then they have not passed."""
    provisional: int = 0
    """Calls with points that a person has still to give: their score is without them."""

    @property
    def judged(self) -> int:
        """可评: the one denominator of the mean, the share that passed and 违规点 a call."""
        return self.calls - self.unjudged

    @property
    def breaches_a_call(self) -> float | None:
        return self.breaches / self.judged if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCall:
    """A call with what counts of it: people's sheet where there is one, the machine's elsewhere."""

    id: str
    agent: str
    """The staff number, or the name where nobody knows it."""
    started_at: datetime
    duration_ms: int
    breaches: int
    triggers: int
    doubts: int
    score: float | None
    to_give: float
    """Points that a person has still to give: `score` is without them."""
    passed: bool | None
    fatal: bool
    source: str | None
    """Of the sheet: review, appeal, again or workbook; None where it is the machine's."""
    unjudgeable: str
    """Why it has no score; empty where it has one."""


def by_agent(connection: Connection, period: Period, scope: BoardScope) -> list[Figures]:
    """The lowest mean first: those who need help."""
    found = _figures(connection, counted(connection, period, scope), WHO)
    return sorted(found, key=lambda row: (row.mean if row.mean is not None else 101, row.name))


def by_team(connection: Connection, period: Period, scope: BoardScope) -> list[Figures]:
    found = _figures(connection, counted(connection, period, scope), calls.c.team)
    return sorted(found, key=lambda row: (row.mean if row.mean is not None else 101, row.name))


def trend(
    connection: Connection, period: Period, scope: BoardScope, count: int = 12
) -> list[Figures]:
    """The periods up to this one, the oldest first, with calls or without.

    Each is a range of the index of its own: in one question, and nothing to sort.
    """
    held = late(connection)
    parts = [
        joined(
            select(*_columns(), literal(one.name).label("name"), literal(n).label("place"))
        ).where(*within(one), *whose(connection, scope), *held)
        for n, one in enumerate(last(period, count))
    ]
    rows = connection.execute(union_all(*parts)).all()
    return [_line(row) for row in sorted(rows, key=lambda row: row.place)]


def distribution(
    connection: Connection, period: Period, scope: BoardScope, *, passed: bool = False
) -> list[int]:
    """Calls in each band of five points, from 0-4 to 95-100; `passed`: those that passed, each by
    its own score sheet.
    """
    band = cast(SCORE / 5, Integer)
    if connection.dialect.name == "postgresql":
        band = cast(func.floor(SCORE / 5), Integer)
    query = (
        joined(select(band, func.count()))
        .where(SCORE.is_not(None), *counted(connection, period, scope))
        .group_by(band)
    )
    if passed:
        query = query.where(PASSED.is_(True))
    counts = [0] * 20
    for number, count in connection.execute(query):
        counts[min(19, max(0, number))] += count
    return counts


def recent_calls(
    connection: Connection, period: Period, scope: BoardScope, limit: int = 50
) -> list[ShownCall]:
    """The newest calls with the score that counts, those of a late appeal among them."""
    query = _shown().where(*within(period), *whose(connection, scope))
    query = query.order_by(calls.c.started_at.desc()).limit(limit)
    return [_call(row) for row in connection.execute(query)]


def these(connection: Connection, ids: Collection[str]) -> list[ShownCall]:
    """Calls by their ids, with the score that counts."""
    return [_call(row) for row in connection.execute(_shown().where(calls.c.id.in_(ids)))]


def _call(row: Row[*tuple[Any, ...]]) -> ShownCall:
    return ShownCall(**row._asdict())


def _shown() -> Select[Any]:
    """A column for each field of `ShownCall`."""
    return joined(
        select(
            calls.c.id,
            WHO.label("agent"),
            calls.c.started_at,
            calls.c.duration_ms,
            BREACHES.label("breaches"),
            TRIGGERS.label("triggers"),
            WAITING.label("doubts"),
            SCORE.label("score"),
            TO_GIVE.label("to_give"),
            PASSED.label("passed"),
            FATAL.label("fatal"),
            outcomes.c.source,
            calls.c.unjudgeable,
        )
    )


def everybody(
    connection: Connection, since: datetime, until: datetime | None = None
) -> tuple[list[str], list[str]]:
    """Agents and teams that have calls in a span, to choose from, as a Chinese reader looks for
    them: by pinyin.
    """
    query = select(WHO.label("agent"), calls.c.team).where(calls.c.started_at >= since).distinct()
    if until is not None:
        query = query.where(calls.c.started_at < until)
    rows = connection.execute(query).all()
    told = staff(connection)
    agents = {row.agent for row in rows} - {""}
    teams = {row.team for row in rows} - {""}
    return sorted(agents, key=lambda one: order(told.label(one))), sorted(teams, key=order)


def newest_call(connection: Connection, scope: BoardScope) -> datetime | None:
    moment: datetime | None = connection.scalar(
        select(func.max(calls.c.started_at)).where(*whose(connection, scope))
    )
    return moment


def _figures(
    connection: Connection, where: list[ColumnElement[bool]], by: ColumnElement[str]
) -> list[Figures]:
    query = joined(select(*_columns(), by.label("name"))).where(*where).group_by(by)
    return [_line(row) for row in connection.execute(query)]


def _columns() -> list[Label[Any]]:
    return [
        func.count().label("n"),
        func.avg(SCORE).label("mean"),
        func.sum(cast(PASSED, Integer)).label("passed"),
        func.count(PASSED).label("concluded"),
        func.count(SCORE).label("scored"),
        func.sum(cast(FATAL, Integer)).label("fatal"),
        func.sum(BREACHES).label("breaches"),
        func.sum(WAITING).label("doubts"),
        func.count(outcomes.c.call_id).label("reviewed"),
        func.count(case((TO_GIVE > 0, 1))).label("provisional"),
        func.max(calls.c.team).label("team"),
    ]


def _line(row: Row[*tuple[Any, ...]]) -> Figures:
    return Figures(
        name=str(row.name),
        team=row.team or "",
        calls=row.n,
        mean=None if row.mean is None else round(float(row.mean), 1),
        passed=Share(int(row.passed or 0), row.scored),
        fatal=int(row.fatal or 0),
        breaches=int(row.breaches or 0),
        doubts=int(row.doubts or 0),
        reviewed=row.reviewed,
        unjudged=row.n - row.scored,
        waiting=row.scored - row.concluded,
        provisional=row.provisional,
    )
