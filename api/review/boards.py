"""看板: what the scores of a period come to, by agent, team, phrase, step and conduct.

The score that counts is people's where they gave one, the machine's elsewhere; calibrations and
double reviews are in none of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    and_,
    case,
    cast,
    func,
    select,
)

from api.review.periods import Period, last
from api.review.tables import outcomes
from api.store.tables import calls, hits, steps
from api.wilson import Share

PASS_TARGET = 85.0
"""通话质量评分 85-100 合格 (S8.1)."""

_SCORE = func.coalesce(outcomes.c.score, calls.c.score)
_PASSED = func.coalesce(outcomes.c.passed, calls.c.passed)
_FATAL = func.coalesce(outcomes.c.fatal, calls.c.fatal)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whose calls; empty means everybody's."""

    agent: str = ""
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One line of a board. `name` is an agent, a team or a period."""

    name: str
    team: str
    calls: int
    mean: float | None
    passed: Share
    fatal: int
    hits: int
    reviewed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A phrase's rule, or a conduct check: in how many calls, how often."""

    id: str
    title: str
    calls: int
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step's adherence: over all, and for each column of the heat map."""

    id: str
    title: str
    whole: Share
    cells: tuple[Share, ...]


def overall(connection: Connection, period: Period, scope: Scope) -> Figures:
    rows = _figures(connection, _within(period, scope), None)
    return rows[0] if rows else _nothing(period.name)


def by_agent(connection: Connection, period: Period, scope: Scope) -> list[Figures]:
    """The lowest mean first: those who need help."""
    found = _figures(connection, _within(period, scope), calls.c.agent)
    return sorted(found, key=lambda row: (row.mean if row.mean is not None else 101, row.name))


def by_team(connection: Connection, period: Period, scope: Scope) -> list[Figures]:
    found = _figures(connection, _within(period, scope), calls.c.team)
    return sorted(found, key=lambda row: (row.mean if row.mean is not None else 101, row.name))


def trend(connection: Connection, period: Period, scope: Scope, count: int = 12) -> list[Figures]:
    """The periods up to this one, the oldest first."""
    periods = last(period, count)
    number = case(
        *[
            (and_(calls.c.started_at >= one.begin, calls.c.started_at < one.end), n)
            for n, one in enumerate(periods)
        ]
    )
    where = [calls.c.started_at >= periods[0].begin, calls.c.started_at < period.end]
    found = {row.name: row for row in _figures(connection, where + _whose(scope), number)}
    return [
        _named(found[str(n)], one.name) if str(n) in found else _nothing(one.name)
        for n, one in enumerate(periods)
    ]


def distribution(connection: Connection, period: Period, scope: Scope) -> list[int]:
    """Calls in each band of five points, from 0-4 to 95-100."""
    band = cast(_SCORE / 5, Integer)
    if connection.dialect.name == "postgresql":
        band = cast(func.floor(_SCORE / 5), Integer)
    query = _joined(select(band, func.count())).where(*_within(period, scope)).group_by(band)
    counts = [0] * 20
    for number, count in connection.execute(query):
        counts[min(19, max(0, number))] += count
    return counts


def top_phrases(
    connection: Connection, period: Period, scope: Scope, most: int = 15
) -> list[Counted]:
    """The rules hit in most calls."""
    times = func.count().label("times")
    touched = func.count(hits.c.call_id.distinct()).label("touched")
    query = (
        select(hits.c.rule, times, touched)
        .join(calls, calls.c.id == hits.c.call_id)
        .where(*_within(period, scope))
        .group_by(hits.c.rule)
        .order_by(touched.desc(), hits.c.rule)
        .limit(most)
    )
    rows = connection.execute(query).all()
    return [
        Counted(
            id=row.rule,
            title=_title(connection, hits, hits.c.rule, row.rule),
            calls=row.touched,
            times=row.times,
        )
        for row in rows
    ]


def step_map(
    connection: Connection, period: Period, scope: Scope, columns: Sequence[str], *, by: Any
) -> list[StepRow]:
    """Done in time, of the calls a step applied to; `columns` are values of `by`."""
    done = func.sum(case((steps.c.state == "done", 1), else_=0)).label("done")
    query = (
        select(steps.c.step, by.label("column"), func.count().label("due"), done)
        .join(calls, calls.c.id == steps.c.call_id)
        .where(*_within(period, scope))
        .where(steps.c.state.in_(("done", "late", "missed")))
        .group_by(steps.c.step, by)
    )
    found: dict[str, dict[str, Share]] = {}
    for row in connection.execute(query):
        found.setdefault(row.step, {})[row.column] = Share(row.done, row.due)
    rows = [
        StepRow(
            id=step,
            title=_title(connection, steps, steps.c.step, step),
            whole=Share(
                sum(share.part for share in cells.values()),
                sum(share.whole for share in cells.values()),
            ),
            cells=tuple(cells.get(column, Share(0, 0)) for column in columns),
        )
        for step, cells in found.items()
    ]
    return sorted(rows, key=lambda row: (row.whole.value or 0.0, row.id))


def conduct(
    connection: Connection, period: Period, scope: Scope, most_calls: int = 5_000
) -> list[Counted]:
    """Checks broken, over the newest calls of the period (conduct lies inside each report)."""
    query = select(calls.c.rest).where(*_within(period, scope))
    newest = query.order_by(calls.c.started_at.desc()).limit(most_calls)
    broken: dict[str, int] = {}
    for rest in connection.scalars(newest):
        for check in rest.get("conduct", {}).get("checks", ()):
            if check["state"] == "breach":
                broken[check["id"]] = broken.get(check["id"], 0) + 1
    return sorted(
        (Counted(id=name, title=name, calls=n, times=n) for name, n in broken.items()),
        key=lambda row: (-row.calls, row.id),
    )


def recent_calls(connection: Connection, period: Period, scope: Scope, limit: int = 50) -> Any:
    """The newest calls with the score that counts."""
    query = _joined(
        select(
            calls.c.id,
            calls.c.agent,
            calls.c.started_at,
            calls.c.duration_ms,
            calls.c.hit_count,
            _SCORE.label("score"),
            _PASSED.label("passed"),
            _FATAL.label("fatal"),
            outcomes.c.source,
        )
    ).where(*_within(period, scope))
    return connection.execute(query.order_by(calls.c.started_at.desc()).limit(limit)).all()


def newest_call(connection: Connection, scope: Scope) -> datetime | None:
    moment: datetime | None = connection.scalar(
        select(func.max(calls.c.started_at)).where(*_whose(scope))
    )
    return moment


def _figures(connection: Connection, where: list[ColumnElement[bool]], by: Any) -> list[Figures]:
    columns = [
        func.count().label("n"),
        func.avg(_SCORE).label("mean"),
        func.sum(cast(_PASSED, Integer)).label("passed"),
        func.sum(cast(_FATAL, Integer)).label("fatal"),
        func.sum(calls.c.hit_count).label("hits"),
        func.count(outcomes.c.call_id).label("reviewed"),
        func.max(calls.c.team).label("team"),
    ]
    if by is not None:
        columns.append(by.label("name"))
    query = _joined(select(*columns)).where(*where)
    if by is not None:
        query = query.group_by(by)
    return [
        Figures(
            name="" if by is None else str(row.name),
            team=row.team or "",
            calls=row.n,
            mean=None if row.mean is None else round(float(row.mean), 1),
            passed=Share(int(row.passed or 0), row.n),
            fatal=int(row.fatal or 0),
            hits=int(row.hits or 0),
            reviewed=row.reviewed,
        )
        for row in connection.execute(query)
    ]


def _joined(query: Any) -> Any:
    return query.select_from(calls.outerjoin(outcomes, outcomes.c.call_id == calls.c.id))


def _within(period: Period, scope: Scope) -> list[ColumnElement[bool]]:
    return [
        calls.c.started_at >= period.begin,
        calls.c.started_at < period.end,
        *_whose(scope),
    ]


def _whose(scope: Scope) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if scope.agent:
        where.append(calls.c.agent == scope.agent)
    if scope.team:
        where.append(calls.c.team == scope.team)
    return where


def _title(connection: Connection, table: Any, column: Any, name: str) -> str:
    rest = connection.scalar(select(table.c.rest).where(column == name).limit(1))
    return str((rest or {}).get("title") or name)


def _nothing(name: str) -> Figures:
    return Figures(
        name=name, team="", calls=0, mean=None, passed=Share(0, 0), fatal=0, hits=0, reviewed=0
    )


def _named(row: Figures, name: str) -> Figures:
    return replace(row, name=name)
