"""汇总: what a batch comes to in figures, and what judged it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Integer, case, cast, func, select

from api.batch.scope import BatchScope
from api.batch.sheets.table import COUNTS, passed_share, percent, rounded
from api.review.scores import standing
from api.spreadsheet import Cell
from api.store.tables import calls, sources
from qa_engine.rules.tally import CountedAs

__all__ = ["BASIS", "STATES", "figures", "summary", "versions"]

STATES = {"done": "已完成", "duplicate": "重复", "failed": "失败", "purged": "已按期清理"}
BASIS = (
    "平均分、合格率、每通违规点都按可评通话算；"
    "结果为待复核的通话有致命项等人判，还不算合格；别的待复核点不影响结果，判了才扣分"
)


def summary(connection: Connection, scope: BatchScope) -> Iterator[tuple[str, Cell]]:
    yield from figures(connection, scope)
    yield "口径", BASIS
    yield from versions(connection, scope)


def figures(connection: Connection, scope: BatchScope) -> Iterator[tuple[str, Cell]]:
    columns = {
        "calls": func.count(),
        "duration_ms": func.coalesce(func.sum(calls.c.duration_ms), 0),
        "scored": func.count(standing.SCORE),
        "to_give": func.count(case((standing.TO_GIVE > 0, 1))),
        "concluded": func.count(standing.PASSED),
        "mean": func.avg(standing.SCORE),
        "passed": passed_share(),
        "fatal": func.coalesce(func.sum(cast(standing.FATAL, Integer)), 0),
        "breaches": func.coalesce(func.sum(standing.BREACHES), 0),
        "triggers": func.coalesce(func.sum(standing.TRIGGERS), 0),
        "waiting": func.coalesce(func.sum(standing.WAITING), 0),
        "with_waiting": func.count(case((standing.WAITING > 0, 1))),
    }
    named = [column.label(name) for name, column in columns.items()]
    row = connection.execute(standing.joined(select(*named)).where(scope.calls)).one()
    yield "通话数", int(row.calls)
    yield "录音时长（小时）", round(int(row.duration_ms) / 3_600_000, 2)
    yield "可评通话数", int(row.scored)
    yield "不可评通话数", int(row.calls) - int(row.scored)
    yield "平均分", rounded(row.mean)
    yield "合格率（%）", percent(row.passed)
    yield "有分待人工打的通话数", int(row.to_give)
    yield "结果为待复核的通话数", int(row.scored) - int(row.concluded)
    yield "致命项通话数", int(row.fatal)
    yield COUNTS[CountedAs.BREACH], int(row.breaches)
    yield "每通违规点", rounded(row.breaches / row.scored, 2) if row.scored else None
    yield COUNTS[CountedAs.TRIGGER], int(row.triggers)
    yield COUNTS[CountedAs.WAITING], int(row.waiting)
    yield "有待复核点的通话数", int(row.with_waiting)
    for state, count in connection.execute(
        select(sources.c.state, func.count())
        .where(scope.sources)
        .group_by(sources.c.state)
        .order_by(sources.c.state)
    ):
        yield f"文件：{STATES.get(state, state)}", int(count)


def versions(connection: Connection, scope: BatchScope) -> Iterator[tuple[str, Cell]]:
    """What judged these calls, so that every score can be reproduced."""
    for title, column in (
        ("引擎", calls.c.engine_version),
        ("话术库", calls.c.phrasebook_version),
        ("识别模型", calls.c.model_version),
    ):
        found = connection.scalars(select(column).where(scope.calls).distinct().order_by(column))
        for version in found:
            yield title, version
