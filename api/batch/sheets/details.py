"""What a call's points went to, and how it was spoken, line by line: score items and conduct."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from api.batch.scope import BatchScope
from api.batch.sheets.frozen import frozen_calls
from api.batch.sheets.table import WorkbookSheet, last_without
from api.review.boards.scope import unjudged
from api.review.judging import draft_sheet
from api.review.scores.snapshots import Snapshot
from api.spreadsheet import Cell
from api.store.agents import WHO, staff
from api.store.tables import calls
from phrasebook.build_score import CONDUCT_CHECKS
from qa_engine.report.wording import catalogue

__all__ = ["CONDUCT_HEADER", "ITEM_HEADER", "conduct_sheet", "item_sheet"]

ITEM_HEADER = ("通话", "坐席", "维度", "评分项", "满分", "得分", "扣分", "待复核扣分", "扣分原因")
CONDUCT_HEADER = ("通话", "坐席", "检查", "标准", "结果", "数值", "单位", "下限", "上限")

_ZH = catalogue("zh")
_STATES = {"ok": "正常", "breach": "超限", "not_applicable": "不适用"}
_UNITS = {"cpm": "字/分钟", "ms": "秒", "count": "次", "share": "%", "dbfs": "dB"}
_UNEARNED = {True: "待人工打分", False: "不适用"}
_SCALES = {"ms": 0.001, "share": 100.0}


def item_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet("评分项", ITEM_HEADER, _details(connection, scope, _item_rows))


def conduct_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet("行为", CONDUCT_HEADER, _details(connection, scope, _conduct_rows))


def _details(
    connection: Connection,
    scope: BatchScope,
    rows_of: Callable[[str, str, Mapping[str, Any]], Iterator[Sequence[Cell]]],
) -> Iterator[Sequence[Cell]]:
    """Lines about each call by the report that counts, the worst calls first."""
    told = staff(connection)
    query = (
        select(calls.c.id, calls.c.score, WHO.label("agent"), calls.c.rest)
        .where(scope.calls, calls.c.score.is_not(None), unjudged())
        .order_by(calls.c.score, calls.c.id)
    )
    machine = ((float(row.score), row.id, row.agent, row.rest) for row in connection.execute(query))
    people = (
        (last_without(row.score), row.call_id, row.agent, _as_judged(connection, snapshot))
        for row, snapshot in frozen_calls(connection, scope)
    )
    for _, call_id, agent, report in heapq.merge(machine, people, key=lambda one: one[:2]):
        yield from rows_of(call_id, told.label(agent), report)


def _as_judged(connection: Connection, snapshot: Snapshot) -> Mapping[str, Any]:
    """The report with the lines of people's sheet where the machine's own were."""
    if snapshot.sheet.total is None:
        return snapshot.report
    lines = draft_sheet.filled(connection, snapshot).lines
    items = [
        {
            **{name: getattr(line.item, name) for name in ("title", "group", "points", "bonus")},
            "manual": line.to_score,
            "earned": line.earned,
            "deductions": [{"title": loss.title} for loss in line.losses if loss.stands],
        }
        for line in lines
        if not line.item.fatal
    ]
    return {**snapshot.report, "score": {"items": items}}


def _item_rows(call_id: str, agent: str, report: Mapping[str, Any]) -> Iterator[Sequence[Cell]]:
    """Every line of the score sheet of a call that has a score."""
    for item in (report.get("score") or {}).get("items", ()):
        earned = item["earned"]
        # A conduct check is titled by its id.
        lost = [_ZH.get(one["title"], one["title"]) for one in item["deductions"]]
        bonus = item.get("bonus", 0.0)
        waiting = sum(float(one["points"]) for one in item.get("waiting", ()))
        yield (
            call_id,
            agent,
            item["group"],
            item["title"],
            f"加分，最多 {bonus:g}" if bonus else float(item["points"]),
            float(earned) if earned is not None else _UNEARNED[bool(item.get("manual"))],
            0.0 if bonus or earned is None else round(float(item["points"]) - float(earned), 2),
            round(waiting, 2),
            "；".join(dict.fromkeys(lost)),
        )


def _conduct_rows(call_id: str, agent: str, report: Mapping[str, Any]) -> Iterator[Sequence[Cell]]:
    """Every conduct check, measured or not."""
    for check in (report.get("conduct") or {}).get("checks", ()):
        unit = check["unit"]
        scale = _SCALES.get(unit, 1.0)
        value, low, high = (_scaled(check.get(key), scale) for key in ("value", "low", "high"))
        title = CONDUCT_CHECKS.get(check["id"].removeprefix("conduct."), check["id"])
        state = _STATES.get(check["state"], check["state"])
        yield (
            call_id,
            agent,
            title,
            check["source"],
            state,
            value,
            _UNITS.get(unit, unit),
            low,
            high,
        )


def _scaled(value: float | None, scale: float) -> Cell:
    return "" if value is None else round(float(value) * scale, 1)
