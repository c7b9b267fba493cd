"""What a QA lead reads in the morning, as tables: summary, calls, hits, steps, agents."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, cast, func, select
from sqlalchemy.sql import ColumnElement

from api import clock
from api.batch.detail_sheets import CONDUCT_HEADER, ITEM_HEADER, conduct_rows, item_rows
from api.batch.scope import BatchScope
from api.review.boards.scope import unjudged
from api.review.judging import reviews
from api.review.scores import snapshots, standing
from api.review.scores.amended import PERSON
from api.review.scores.snapshots import Snapshot
from api.review.tables import outcomes
from api.spreadsheet import Cell
from api.store import verdicts
from api.store.agents import WHO, staff
from api.store.tables import calls, hits, sources, steps, utterances
from qa_engine.privacy import mask_name
from qa_engine.report.wording import clock as minutes
from qa_engine.rules.counting import Conclusion, Effect, conclusion_of
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """One table; `rows` are read as they are written, never all at once."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]


def sheets(connection: Connection, scope: BatchScope) -> list[WorkbookSheet]:
    """The sheets of a batch, worst calls first."""
    return [
        WorkbookSheet("汇总", ("指标", "值"), summary(connection, scope)),
        _call_sheet(connection, scope),
        WorkbookSheet(HIT_SHEET, HIT_HEADER, _hits(connection, scope)),
        WorkbookSheet("流程", STEP_HEADER, _steps(connection, scope)),
        WorkbookSheet("评分项", ITEM_HEADER, _details(connection, scope, item_rows)),
        WorkbookSheet("行为", CONDUCT_HEADER, _details(connection, scope, conduct_rows)),
        WorkbookSheet("坐席", AGENT_HEADER, agents(connection, scope)),
        WorkbookSheet("不可评", UNJUDGED_HEADER, _unjudged(connection, scope)),
        WorkbookSheet("未分析", ("文件", "状态", "原因"), _failures(connection, scope)),
    ]


def summary(connection: Connection, scope: BatchScope) -> Iterator[tuple[str, Cell]]:
    yield from figures(connection, scope)
    yield from versions(connection, scope)


def figures(connection: Connection, scope: BatchScope) -> Iterator[tuple[str, Cell]]:
    row = connection.execute(
        standing.joined(
            select(
                func.count(),
                func.coalesce(func.sum(calls.c.duration_ms), 0),
                func.avg(standing.SCORE),
                _share(standing.PASSED),
                func.coalesce(func.sum(cast(standing.FATAL, Integer)), 0),
                func.coalesce(func.sum(standing.HITS), 0),
                func.count(standing.SCORE),
                func.count(standing.PASSED),
            )
        ).where(scope.calls)
    ).one()
    yield "通话数", int(row[0])
    yield "录音时长（小时）", round(int(row[1]) / 3_600_000, 2)
    yield "平均分", _round(row[2])
    yield "合格率（%）", _percent(row[3])
    yield "致命项通话数", int(row[4])
    yield "命中数", int(row[5])
    yield "待复核通话数", int(row[6]) - int(row[7])
    yield "不可评通话数", int(row[0]) - int(row[6])
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


STATES = {"done": "已完成", "duplicate": "重复", "failed": "失败", "purged": "已按期清理"}
ROLES = {"agent": "坐席", "customer": "客户"}
STEP_STATES = {
    "pending": "待完成",
    "done": "已完成",
    "late": "超时",
    "missed": "遗漏",
    "not_applicable": "不适用",
}
SEVERITIES = {"low": "低", "medium": "中", "high": "高", "critical": "致命"}
TIERS = {
    "exact": "字面",
    "homophone": "同音",
    "fuzzy": "近音",
    "meaning": "按意思",
    "asked": "语言模型",
    PERSON: "人工",
}

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
    "合格",
    "致命项",
    "命中数",
    "识别置信度",
    "机器得分",
    "评分来源",
    "提醒",
)
HIT_SHEET = "命中"
HIT_ID = "命中编号"
VERDICT = "复核（对/错）"
VERDICTS = {True: "对", False: "错"}
HIT_HEADER = (
    "通话",
    "坐席",
    "时间",
    "规则",
    "标准",
    "角色",
    "严重度",
    "听到",
    "话术",
    "方式",
    "匹配度",
    "扣分",
    "待复核",
    "原话",
    "建议说法",
    "说明",
    HIT_ID,
    VERDICT,
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
STEP_HEADER = ("通话", "坐席", "步骤", "标准", "状态", "完成时间", "时限")
AGENT_HEADER = ("坐席", "班组", "通话数", "平均分", "合格率（%）", "致命项通话数", "每通命中数")


def _call_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    """The calls, and after our columns the site's own."""
    own = _own_columns(connection, scope)
    # A heading that is one of ours too is told apart by its mark.
    titles = [f"{title}*" if title in CALL_HEADER else title for title in own]
    return WorkbookSheet("通话", (*CALL_HEADER, *titles), _calls(connection, scope, own))


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
            row.direction,
            row.rest["call"].get("script_title") or row.script,
            clock.cell(row.started_at),
            clock.zone_name(),
            round(row.duration_ms / 1000, 1),
            row.standing_score,
            PASSED[conclusion_of(row.standing_score, row.standing_passed)],
            "有" if row.standing_fatal else "",
            row.standing_hits,
            round(row.confidence, 2),
            row.score,
            SOURCES.get(row.judged_by or "", row.judged_by),
            "；".join(warning["message_zh"] for warning in row.rest.get("warnings", ())),
            *(row.data.get(title, "") for title in own),
        )


def _hits(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    """The worst calls first: what the sheet that counts holds, else what the machine found."""
    told = staff(connection)
    both = heapq.merge(
        _machine_hits(connection, scope), _frozen_hits(connection, scope), key=_place_of_hit
    )
    for _, agent, hit, right in both:
        yield (
            hit["call_id"],
            told.label(agent),
            minutes(hit["begin_ms"]),
            hit.get("title") or hit["rule"],
            hit["source"],
            ROLES[hit["role"]],
            SEVERITIES.get(hit["severity"], hit["severity"]),
            hit["heard"],
            hit["phrase"],
            TIERS[hit["tier"]],
            round(hit["score"], 2),
            float(hit.get("points") or 0.0),
            "是" if hit["needs_review"] else "",
            hit["quote"],
            "；".join(hit.get("suggest", ())),
            hit.get("why", ""),
            hit["id"],
            _verdict(right),
        )


_Hit = tuple[float, str, dict[str, Any], bool | None]
"""Score of the call, agent, hit, verdict."""


def _place_of_hit(found: _Hit) -> tuple[float, str, int, str]:
    score, _, hit, _ = found
    return score, hit["call_id"], hit["begin_ms"], hit["rule"]


def _machine_hits(connection: Connection, scope: BatchScope) -> Iterator[_Hit]:
    judged = {(v.call_id, v.hit_id): v.right for v in verdicts.standing(connection)}
    query = (
        select(hits, calls.c.score.label("of"), WHO.label("agent"), utterances.c.text)
        .join(calls, calls.c.id == hits.c.call_id)
        .join(
            utterances,
            (utterances.c.call_id == hits.c.call_id) & (utterances.c.n == hits.c.utterance),
        )
        .where(scope.hits, hits.c.effect != Effect.NOT_COUNTED.value, unjudged())
        .order_by(calls.c.score.nulls_last(), hits.c.call_id, hits.c.begin_ms, hits.c.rule)
    )
    for row in connection.execute(query):
        hit = {**row._mapping, **row.rest, "quote": row.text}
        yield _last(row.of), row.agent, hit, judged.get((row.call_id, row.id))


def _frozen_hits(connection: Connection, scope: BatchScope) -> Iterator[_Hit]:
    for row, snapshot in _frozen(connection, scope):
        shown = [h for h in snapshot.report["hits"] if h["effect"] != Effect.NOT_COUNTED.value]
        for hit in sorted(shown, key=lambda h: (h["begin_ms"], h["rule"])):
            opinion = snapshot.said.get(hit["id"])
            told = {**hit, "call_id": row.call_id}
            yield _last(row.score), row.agent, told, opinion.right if opinion else None


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
        (_last(row.score), row.call_id, row.agent, _as_judged(connection, snapshot))
        for row, snapshot in _frozen(connection, scope)
    )
    for _, call_id, agent, report in heapq.merge(machine, people, key=lambda one: one[:2]):
        yield from rows_of(call_id, told.label(agent), report)


def _as_judged(connection: Connection, snapshot: Snapshot) -> dict[str, Any]:
    """The report with the lines of people's sheet where the machine's own were."""
    if snapshot.sheet.total is None:
        return snapshot.report
    lines = reviews.filled(connection, snapshot).lines
    items = [
        {
            **{name: getattr(line.item, name) for name in ("title", "group", "points")},
            "earned": line.earned,
            "deductions": [{"title": loss.title} for loss in line.losses if loss.stands],
        }
        for line in lines
        if not line.item.fatal
    ]
    return {**snapshot.report, "score": {"items": items}}


def _frozen(connection: Connection, scope: BatchScope) -> Iterator[tuple[Any, Snapshot]]:
    """The calls that people judged, the worst first."""
    query = (
        select(outcomes, WHO.label("agent"))
        .join(calls, calls.c.id == outcomes.c.call_id)
        .where(scope.calls, outcomes.c.sheet.is_not(None))
        .order_by(outcomes.c.score.nulls_last(), outcomes.c.call_id)
    )
    for row in connection.execute(query).all():
        yield row, snapshots.by_id(connection, row.sheet)


def _last(score: float | None) -> float:
    return float("inf") if score is None else score


def _steps(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    told = staff(connection)
    both = heapq.merge(
        _machine_steps(connection, scope), _frozen_steps(connection, scope), key=_place_of_step
    )
    for _, agent, step in both:
        yield (
            step["call_id"],
            told.label(agent),
            step.get("title") or step["id"],
            step["source"],
            "没听清" if step.get("unheard") else STEP_STATES[step["state"]],
            "" if step["at_ms"] is None else minutes(step["at_ms"]),
            "" if step["deadline_ms"] is None else minutes(step["deadline_ms"]),
        )


_Step = tuple[float, str, dict[str, Any]]
_NOT_DUE = "not_applicable"


def _place_of_step(found: _Step) -> tuple[float, str, str]:
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
    for row, snapshot in _frozen(connection, scope):
        due = [s for s in snapshot.report["steps"] if s["state"] != _NOT_DUE]
        if snapshot.report["score"] is None:
            continue
        for step in sorted(due, key=lambda s: str(s["id"])):
            yield _last(row.score), row.agent, {**step, "call_id": row.call_id}


def agents(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    query = select(
        WHO,
        calls.c.team,
        func.count(),
        func.avg(standing.SCORE),
        _share(standing.PASSED),
        func.sum(cast(standing.FATAL, Integer)),
        func.avg(standing.HITS),
    )
    query = (
        standing.joined(query)
        .where(scope.calls)
        .group_by(WHO, calls.c.team)
        .order_by(func.avg(standing.SCORE).nulls_last(), WHO)
    )
    told = staff(connection)
    for agent, team, count, score, passed, fatal, mean_hits in connection.execute(query):
        yield (
            told.label(agent) or "（未指明）",
            team,
            count,
            _round(score),
            _percent(passed),
            int(fatal),
            _round(mean_hits),
        )


def _unjudged(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    query = standing.joined(select(calls)).where(scope.calls, standing.SCORE.is_(None))
    told = staff(connection)
    for row in connection.execute(query.order_by(calls.c.unjudgeable, calls.c.id)):
        yield (
            row.id,
            row.source,
            told.label(row.agent, row.agent_name),
            row.team,
            row.direction,
            clock.cell(row.started_at),
            clock.zone_name(),
            round(row.duration_ms / 1000, 1),
            unjudgeable(Unjudgeable(row.unjudgeable)).message_zh,
        )


def _failures(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    query = select(sources).where(scope.sources, sources.c.state != "done")
    for row in connection.execute(query.order_by(sources.c.path)):
        yield mask_name(row.path), STATES.get(row.state, row.state), reason(row)


def reason(row: Any) -> str:
    """Why a file was not analysed, without its path, which stands beside it."""
    return mask_name(row.reason.removeprefix(f"{row.path}: "))


def _verdict(right: bool | None) -> str:
    return "" if right is None else VERDICTS[right]


def worst_first(scope: BatchScope) -> Any:
    """Calls with what counts for each."""
    query = select(
        calls,
        standing.SCORE.label("standing_score"),
        standing.PASSED.label("standing_passed"),
        standing.FATAL.label("standing_fatal"),
        standing.HITS.label("standing_hits"),
        outcomes.c.source.label("judged_by"),
    )
    worst = (standing.SCORE.nulls_last(), calls.c.id)
    return standing.joined(query).where(scope.calls).order_by(*worst)


def _share(flag: ColumnElement[bool]) -> ColumnElement[float]:
    return func.avg(cast(flag, Integer))


def _round(value: float | None) -> float | None:
    return None if value is None else round(float(value), 1)


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * float(value), 1)
