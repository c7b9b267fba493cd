"""提问: what a language model answered about each call, with the words it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from api.batch.scope import BatchScope
from api.batch.sheets.table import WorkbookSheet
from api.spreadsheet import Cell
from api.store.agents import WHO, staff
from api.store.tables import answers, calls, utterances
from qa_engine.report.wording import clock as minutes
from qa_engine.report.wording import say

__all__ = ["ANSWER_HEADER", "answer_sheets"]

ANSWER_HEADER = (
    *("通话", "坐席", "提问", "回答", "没有回答的原因", "扣分的回答", "理由（机器所写）"),
    *("原话", "时间", "模型"),
)


def answer_sheets(connection: Connection, scope: BatchScope) -> list[WorkbookSheet]:
    """One sheet; none for a batch whose phrasebook asks nothing."""
    mine = answers.c.call_id.in_(select(calls.c.id).where(scope.calls))
    if connection.execute(select(answers.c.item).where(mine).limit(1)).first() is None:
        return []
    return [WorkbookSheet("提问", ANSWER_HEADER, _rows(connection, mine))]


def _rows(connection: Connection, mine: Any) -> Iterator[Sequence[Cell]]:
    told = staff(connection)
    query = (
        select(answers, WHO.label("agent"))
        .join(calls, calls.c.id == answers.c.call_id)
        .where(mine)
        .order_by(answers.c.call_id, answers.c.n)
    )
    texts: Mapping[int, str] = {}
    texts_of = ""
    for row in connection.execute(query).all():
        rest = row.rest
        if texts_of != row.call_id:
            texts, texts_of = _texts(connection, row.call_id), row.call_id
        quotes = rest["quotes"]
        said = "…".join(texts[q["utterance"]][q["begin_char"] : q["end_char"]] for q in quotes)
        yield (
            row.call_id,
            told.label(row.agent),
            rest["title"],
            say("zh", f"answer_{row.state}"),
            say("zh", f"untold_{rest['why']}") if rest["why"] else "",
            "是" if rest["wrong"] else "",
            rest["reason"],
            said,
            minutes(quotes[0]["begin_ms"]) if quotes else "",
            rest["model"],
        )


def _texts(connection: Connection, call_id: str) -> dict[int, str]:
    """Utterance → its covered words."""
    query = select(utterances.c.n, utterances.c.text).where(utterances.c.call_id == call_id)
    return {row.n: row.text for row in connection.execute(query)}
