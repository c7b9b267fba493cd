"""What was left out and what went wrong in conduct: steps as a heat map, checks as a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    case,
    func,
    literal,
    select,
    union_all,
)

from api.review.boards.periods import Period
from api.review.boards.scope import BoardScope, counted, unjudged
from api.review.boards.wilson import Share
from api.review.tables import outcomes, sheet_findings
from api.store.tables import breaches, calls, steps
from qa_engine.rules.counting import Effect

_DUE = ("done", "late", "missed")


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
    connection: Connection,
    period: Period,
    scope: BoardScope,
    columns: Sequence[str],
    *,
    by: ColumnElement[str],
) -> list[StepRow]:
    """Done in time, of the calls a step applied to; `columns` are values of `by`."""
    where = counted(connection, period, scope)
    judged = _frozen("step", where, by)
    machine = (
        select(steps.c.step.label("name"), steps.c.state, by.label("column"))
        .join(calls, calls.c.id == steps.c.call_id)
        .where(steps.c.state.in_(_DUE), calls.c.score.is_not(None), unjudged(), *where)
        .where(steps.c.effect != Effect.NOT_COUNTED.value)
    )
    due = union_all(machine, judged).subquery()
    done = func.sum(case((due.c.state == "done", 1), else_=0)).label("done")
    query = select(due.c.name.label("step"), due.c.column, func.count().label("due"), done)
    query = query.group_by(due.c.name, due.c.column)
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


def left_out(connection: Connection, where: list[ColumnElement[bool]]) -> dict[str, int]:
    """Step → in how many of these calls it was missed or late, by the sheet that counts."""
    machine = (
        select(steps.c.step.label("name"), steps.c.state)
        .join(calls, calls.c.id == steps.c.call_id)
        .where(calls.c.score.is_not(None), unjudged(), *where)
        .where(steps.c.effect == Effect.COUNTED.value)
    )
    judged = _frozen("step", where, literal("")).subquery()
    due = union_all(machine, select(judged.c.name, judged.c.state)).subquery()
    query = select(due.c.name, func.count().label("n")).where(due.c.state.in_(("missed", "late")))
    return {row.name: row.n for row in connection.execute(query.group_by(due.c.name))}


def conduct(connection: Connection, period: Period, scope: BoardScope) -> list[Broken]:
    """Checks broken, those of most calls first."""
    where = counted(connection, period, scope)
    machine = (
        select(breaches.c.name)
        .join(calls, calls.c.id == breaches.c.call_id)
        .where(calls.c.score.is_not(None), unjudged(), *where)
    )
    judged = _frozen("conduct", where, literal("")).subquery()
    broken = union_all(machine, select(judged.c.name)).subquery()
    query = select(broken.c.name, func.count().label("n")).group_by(broken.c.name)
    found = [Broken(id=r.name, title=r.name, calls=r.n) for r in connection.execute(query)]
    return sorted(found, key=lambda row: (-row.calls, row.id))


def _frozen(kind: str, where: list[ColumnElement[bool]], by: ColumnElement[str]) -> Select[Any]:
    """(name, state, column) of what the sheets that count say."""
    return (
        select(sheet_findings.c.name, sheet_findings.c.state, by.label("column"))
        .join(outcomes, outcomes.c.sheet == sheet_findings.c.sheet)
        .join(calls, calls.c.id == outcomes.c.call_id)
        .where(sheet_findings.c.kind == kind, sheet_findings.c.counts, *where)
    )


def _title(connection: Connection, step: str) -> str:
    rest = connection.scalar(select(steps.c.rest).where(steps.c.step == step).limit(1))
    if rest is not None:
        return str(rest.get("title") or step)
    kept = select(sheet_findings.c.title).where(sheet_findings.c.name == step).limit(1)
    return str(connection.scalar(kept) or step)
