"""What was left out and what went wrong in conduct: steps as a heat map, checks as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from api.review.periods import Period
from api.review.scope import Scope, counted
from api.store.tables import breaches, calls, steps
from api.wilson import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """A step's adherence: over all, and for each column of the heat map."""

    id: str
    title: str
    whole: Share
    cells: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A conduct check and the calls that broke it."""

    id: str
    title: str
    calls: int


def step_map(
    connection: Connection, period: Period, scope: Scope, columns: Sequence[str], *, by: Any
) -> list[StepRow]:
    """Done in time, of the calls a step applied to; `columns` are values of `by`."""
    done = func.sum(case((steps.c.state == "done", 1), else_=0)).label("done")
    query = (
        select(steps.c.step, by.label("column"), func.count().label("due"), done)
        .join(calls, calls.c.id == steps.c.call_id)
        .where(*counted(connection, period, scope))
        .where(steps.c.state.in_(("done", "late", "missed")), calls.c.score.is_not(None))
        .group_by(steps.c.step, by)
    )
    found: dict[str, dict[str, Share]] = {}
    for row in connection.execute(query):
        found.setdefault(row.step, {})[row.column] = Share(row.done, row.due)
    rows = [
        StepRow(
            id=step,
            title=_title(connection, step),
            whole=Share(
                sum(share.part for share in cells.values()),
                sum(share.whole for share in cells.values()),
            ),
            cells=tuple(cells.get(column, Share(0, 0)) for column in columns),
        )
        for step, cells in found.items()
    ]
    return sorted(rows, key=lambda row: (row.whole.value or 0.0, row.id))


def conduct(connection: Connection, period: Period, scope: Scope) -> list[Broken]:
    """Checks broken, those of most calls first."""
    query = (
        select(breaches.c.name, func.count().label("n"))
        .join(calls, calls.c.id == breaches.c.call_id)
        .where(*counted(connection, period, scope), calls.c.score.is_not(None))
        .group_by(breaches.c.name)
    )
    found = [Broken(id=r.name, title=r.name, calls=r.n) for r in connection.execute(query)]
    return sorted(found, key=lambda row: (-row.calls, row.id))


def _title(connection: Connection, step: str) -> str:
    rest = connection.scalar(select(steps.c.rest).where(steps.c.step == step).limit(1))
    return str((rest or {}).get("title") or step)
