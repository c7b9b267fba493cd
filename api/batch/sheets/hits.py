"""命中: every finding that counts, waits or was judged, for inspectors to write 对 or 错 behind."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select

from api.batch.scope import BatchScope
from api.batch.sheets.frozen import frozen_calls
from api.batch.sheets.table import COUNTS, ROLES, WorkbookSheet, last_without
from api.review.boards.scope import unjudged
from api.review.scores.charges import counts_of
from api.review.scores.snapshots import Snapshot
from api.spreadsheet import Cell
from api.store import verdicts
from api.store.agents import WHO, staff
from api.store.tables import calls, hits, utterances
from qa_engine.report.wording import clock as minutes
from qa_engine.report.wording import say
from qa_engine.rules.counting import Effect
from qa_engine.rules.tally import CountedAs, counted_as

__all__ = ["HIT_HEADER", "HIT_ID", "HIT_SHEET", "VERDICT", "VERDICTS", "hit_sheet"]

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
    "计为",
    "原话",
    "建议说法",
    "说明",
    HIT_ID,
    VERDICT,
)

_Hit = tuple[float, str, dict[str, Any], CountedAs, bool | None]
"""Score of the call, agent, hit, what it is counted as, verdict."""


def hit_sheet(connection: Connection, scope: BatchScope) -> WorkbookSheet:
    return WorkbookSheet(HIT_SHEET, HIT_HEADER, _rows(connection, scope))


def _rows(connection: Connection, scope: BatchScope) -> Iterator[Sequence[Cell]]:
    """The worst calls first: what the sheet that counts holds, else what the machine found."""
    told = staff(connection)
    both = heapq.merge(
        _machine_hits(connection, scope), _frozen_hits(connection, scope), key=_place
    )
    for _, agent, hit, counted, right in both:
        yield (
            hit["call_id"],
            told.label(agent),
            minutes(hit["begin_ms"]),
            hit.get("title") or hit["rule"],
            hit["source"],
            ROLES[hit["role"]],
            say("zh", f"severity_{hit['severity']}"),
            hit["heard"],
            hit["phrase"],
            say("zh", f"tier_{hit['tier']}"),
            round(hit["score"], 2),
            float(hit.get("points") or 0.0),
            COUNTS[counted],
            hit["quote"],
            "；".join(hit.get("suggest", ())),
            hit.get("why", ""),
            hit["id"],
            "" if right is None else VERDICTS[right],
        )


def _place(found: _Hit) -> tuple[float, str, int, str]:
    score, _, hit, _, _ = found
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
        counted = counted_as(row.rest.get("kind", "forbidden"), Effect(row.effect))
        verdict = judged.get((row.call_id, row.id))
        yield last_without(row.of), row.agent, hit, counted, verdict


def _frozen_hits(connection: Connection, scope: BatchScope) -> Iterator[_Hit]:
    for row, snapshot in frozen_calls(connection, scope):
        said = {name: opinion.right for name, opinion in snapshot.said.items()}
        counts = counts_of(snapshot.report, said)
        lost = _lost(snapshot)
        for hit in sorted(snapshot.report["hits"], key=lambda h: (h["begin_ms"], h["rule"])):
            right, counted = said.get(hit["id"]), counts[hit["id"]]
            if right is None and counted is CountedAs.NOTHING:
                continue
            points = lost.get(hit["id"], 0.0) if snapshot.sheet.lines else hit.get("points", 0.0)
            told = {**hit, "call_id": row.call_id, "points": points}
            yield last_without(row.score), row.agent, told, counted, right


def _lost(snapshot: Snapshot) -> dict[str, float]:
    """What each finding takes on people's sheet."""
    lost: dict[str, float] = {}
    for line in snapshot.sheet.lines:
        for loss in line.losses:
            if loss.stands:
                lost[loss.evidence] = round(lost.get(loss.evidence, 0.0) + loss.points, 2)
    return lost
