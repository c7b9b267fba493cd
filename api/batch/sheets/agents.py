"""坐席: what the calls of each agent come to, the lowest mean first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Integer, case, cast, func, select

from api.batch.scope import BatchScope
from api.batch.sheets.table import COUNTS, WorkbookSheet, passed_share, percent, rounded
from api.review.scores import standing
from api.spreadsheet import Cell
from api.store.agents import WHO, staff
from api.store.tables import calls
from qa_engine.rules.tally import CountedAs

__all__ = ["AGENT_HEADER", "agent_sheet", "agents"]

AGENT_HEADER = (
    "坐席",
    "班组",
    "通话数",
    "可评通话数",
    "平均分",
    "有分待人工打的通话数",
    "合格率（%）",
    "致命项通话数",
    COUNTS[CountedAs.BREACH],
    "每通违规点",
    COUNTS[CountedAs.TRIGGER],
    COUNTS[CountedAs.WAITING],
)


def agent_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet("坐席", AGENT_HEADER, agents(connection, scope))


def agents(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    columns = {
        "calls": func.count(),
        "scored": func.count(standing.SCORE),
        "to_give": func.count(case((standing.TO_GIVE > 0, 1))),
        "mean": func.avg(standing.SCORE),
        "passed": passed_share(),
        "fatal": func.sum(cast(standing.FATAL, Integer)),
        "breaches": func.sum(standing.BREACHES),
        "triggers": func.sum(standing.TRIGGERS),
        "waiting": func.sum(standing.WAITING),
    }
    named = [column.label(name) for name, column in columns.items()]
    query = (
        standing.joined(select(WHO.label("agent"), calls.c.team, *named))
        .where(scope.calls)
        .group_by(WHO, calls.c.team)
        .order_by(func.avg(standing.SCORE).nulls_last(), WHO)
    )
    told = staff(connection)
    for row in connection.execute(query):
        yield (
            told.label(row.agent) or "（未指明）",
            row.team,
            row.calls,
            row.scored,
            rounded(row.mean),
            int(row.to_give),
            percent(row.passed),
            int(row.fatal),
            int(row.breaches),
            rounded(row.breaches / row.scored, 2) if row.scored else None,
            int(row.triggers),
            int(row.waiting),
        )
