"""通话: every call with what counts for it, the worst first; 不可评 and 未分析: without a score."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from api import clock
from api.batch.scope import BatchScope
from api.batch.sheets.summary import STATES
from api.batch.sheets.table import COUNTS, WorkbookSheet
from api.review.directions import direction_of
from api.review.scores import standing
from api.review.tables import outcomes
from api.spreadsheet import Cell
from api.store.agents import staff
from api.store.tables import calls, sources
from api.worded_errors import in_chinese
from qa_engine.privacy import mask_name
from qa_engine.report.sureness import measured
from qa_engine.report.wording import catalogue
from qa_engine.rules.counting import Conclusion, conclusion_of
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable
from qa_engine.rules.tally import CountedAs

__all__ = ["CALL_HEADER", "call_sheet", "failed_sheet", "reason", "unjudged_sheet", "worst_first"]

CALL_HEADER = (
    "通话",
    "文件",
    "坐席",
    "班组",
    "方向",
    "流程",
    "开始时间",
    "时区",
    "时长（秒）",
    "得分",
    "待人工打分",
    "合格",
    "致命项",
    COUNTS[CountedAs.BREACH],
    COUNTS[CountedAs.TRIGGER],
    COUNTS[CountedAs.WAITING],
    "识别置信度",
    "机器得分",
    "评分来源",
    "提醒",
)
SOURCES = {
    "": "机器",
    "review": "复核",
    "again": "重新复核",
    "appeal": "申诉",
    "workbook": "表格判定",
}
PASSED = {
    Conclusion.PASSED: "是",
    Conclusion.FAILED: "否",
    Conclusion.TO_REVIEW: "待复核",
    Conclusion.NOT_JUDGEABLE: "不可评",
}
UNJUDGED_HEADER = ("通话", "文件", "坐席", "班组", "方向", "开始时间", "时区", "时长（秒）", "原因")
_ZH = catalogue("zh")


def call_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    """The calls, and after our columns the site's own."""
    own = _own_columns(connection, scope)
    # A heading that is one of ours too is told apart by its mark.
    titles = [f"{title}*" if title in CALL_HEADER else title for title in own]
    return WorkbookSheet("通话", (*CALL_HEADER, *titles), _calls(connection, scope, own))


def unjudged_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet("不可评", UNJUDGED_HEADER, _unjudged(connection, scope))


def failed_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet("未分析", ("文件", "状态", "原因"), _failures(connection, scope))


def worst_first(scope: BatchScope) -> Select[*tuple[Any, ...]]:
    """Calls with what counts for each."""
    query = select(
        calls,
        standing.SCORE.label("standing_score"),
        standing.TO_GIVE.label("standing_to_give"),
        standing.PASSED.label("standing_passed"),
        standing.FATAL.label("standing_fatal"),
        standing.BREACHES.label("breaches"),
        standing.TRIGGERS.label("triggers"),
        standing.WAITING.label("doubts"),
        outcomes.c.source.label("judged_by"),
    )
    worst = (standing.SCORE.nulls_last(), calls.c.id)
    return standing.joined(query).where(scope.calls).order_by(*worst)


def reason(row: Any) -> str:
    """Why a file was not analysed, without its path, which stands beside it."""
    whole = f"{row.path}: {row.reason.removeprefix(f'{row.path}: ')}"
    return mask_name(in_chinese(whole).removeprefix(row.path).lstrip("：: "))


def _own_columns(connection: Connection, scope: BatchScope) -> list[str]:
    """Every heading of the calls' data, in the order in which they first appear."""
    query = select(calls.c.data).where(scope.calls).order_by(calls.c.stored_at, calls.c.id)
    return list(dict.fromkeys(title for data in connection.scalars(query) for title in data))


def _calls(
    connection: Connection, scope: BatchScope, own: Sequence[str]
) -> Iterator[Sequence[Cell]]:
    told = staff(connection)
    for row in connection.execute(worst_first(scope)):
        yield (
            row.id,
            row.source,
            told.label(row.agent, row.agent_name),
            row.team,
            direction_of(row.direction, _ZH),
            row.rest["call"].get("script_title") or row.script,
            clock.cell(row.started_at),
            clock.zone_name(),
            round(row.duration_ms / 1000, 1),
            row.standing_score,
            row.standing_to_give or None,
            PASSED[conclusion_of(row.standing_score, row.standing_passed)],
            "有" if row.standing_fatal else "",
            row.breaches,
            row.triggers,
            row.doubts,
            _sureness(row),
            row.score,
            SOURCES.get(row.judged_by or "", row.judged_by),
            "；".join(warning["message_zh"] for warning in row.rest.get("warnings", ())),
            *(row.data.get(title, "") for title in own),
        )


def _sureness(row: Any) -> Cell:
    """How sure the recogniser was, on average."""
    known = measured(row.confidence, row.model_version)
    return "不适用" if known is None else round(known, 2)


def _unjudged(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    query = standing.joined(select(calls)).where(scope.calls, standing.SCORE.is_(None))
    told = staff(connection)
    for row in connection.execute(query.order_by(calls.c.unjudgeable, calls.c.id)):
        yield (
            row.id,
            row.source,
            told.label(row.agent, row.agent_name),
            row.team,
            direction_of(row.direction, _ZH),
            clock.cell(row.started_at),
            clock.zone_name(),
            round(row.duration_ms / 1000, 1),
            unjudgeable(Unjudgeable(row.unjudgeable)).message_zh,
        )


def _failures(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    query = select(sources).where(scope.sources, sources.c.state != "done")
    for row in connection.execute(query.order_by(sources.c.path)):
        yield mask_name(row.path), STATES.get(row.state, row.state), reason(row)
