"""流程: the steps that each call owed, and what became of them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from api.batch.scope import BatchScope
from api.batch.sheets.frozen import frozen_calls
from api.batch.sheets.table import WorkbookSheet, last_without
from api.review.boards.scope import unjudged
from api.spreadsheet import Cell
from api.store.agents import WHO, staff
from api.store.books import newest_phrasebook
from api.store.tables import calls, steps
from qa_engine.report.wording import clock as minutes

__all__ = ["STEP_HEADER", "step_sheet"]

STEP_HEADER = ("通话", "坐席", "步骤", "标准", "状态", "完成时间", "时限")
STEP_STATES = {
    "pending": "待完成",
    "done": "已完成",
    "late": "说晚了",
    "missed": "没有说",
    "not_applicable": "不适用",
}
_NOT_DUE = "not_applicable"
_Step = tuple[float, str, dict[str, Any]]
"""Score of the call, agent, step."""


def step_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet("流程", STEP_HEADER, _rows(connection, scope))


def _rows(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    told = staff(connection)
    both = heapq.merge(
        _machine_steps(connection, scope), _frozen_steps(connection, scope), key=_place
    )
    rank = _script_order(connection)
    for _, agent, step in _in_order(both, rank):
        yield (
            step["call_id"],
            told.label(agent),
            step.get("title") or step["id"],
            step["source"],
            "没听清" if step.get("unheard") else STEP_STATES[step["state"]],
            "" if step["at_ms"] is None else minutes(step["at_ms"]),
            "" if step["deadline_ms"] is None else minutes(step["deadline_ms"]),
        )


def _script_order(connection: Connection) -> Mapping[str, int]:
    """Where each step stands in the scripts of the newest phrasebook."""
    book = newest_phrasebook(connection)
    if book is None:
        return {}
    named = [step for script in book.scripts for step in script.steps]
    named += [step.id for step in book.steps]
    return {name: place for place, name in enumerate(dict.fromkeys(named))}


def _in_order(found: Iterator[_Step], rank: Mapping[str, int]) -> Iterator[_Step]:
    """Call by call, the steps of each as its script has them."""
    for _, mine in groupby(found, key=lambda one: one[2]["call_id"]):
        yield from sorted(mine, key=lambda one: (rank.get(one[2]["id"], len(rank)), one[2]["id"]))


def _place(found: _Step) -> tuple[float, str, str]:
    score, _, step = found
    return score, step["call_id"], step["id"]


def _machine_steps(connection: Connection, scope: BatchScope) -> Iterator[_Step]:
    query = (
        select(steps, calls.c.score, WHO.label("agent"))
        .join(calls, calls.c.id == steps.c.call_id)
        .where(scope.steps, steps.c.state != _NOT_DUE, calls.c.score.is_not(None), unjudged())
        .order_by(calls.c.score, steps.c.call_id, steps.c.step)
    )
    for row in connection.execute(query):
        yield row.score, row.agent, {**row._mapping, **row.rest, "id": row.step}


def _frozen_steps(connection: Connection, scope: BatchScope) -> Iterator[_Step]:
    for row, snapshot in frozen_calls(connection, scope):
        due = [s for s in snapshot.report["steps"] if s["state"] != _NOT_DUE]
        if snapshot.report["score"] is None:
            continue
        for step in sorted(due, key=lambda s: str(s["id"])):
            yield last_without(row.score), row.agent, {**step, "call_id": row.call_id}
