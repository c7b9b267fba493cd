"""What is told, from the store's own trail: what happened, in order, in the store's words.

The trail of who did what is the outbox: a row is there if and only if it happened, rows are
numbered, and what they tell of is read when it is sent. So a call that was purged is told of no
more, and everything can be told again from any number on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from api.hooks.hook import NewsKind
from api.review.judging.reviews import BLIND
from api.store import tables
from api.store.calls import load
from qa_engine.rules.counting import Effect

SOME = 50
STORED, MADE, ANSWERED, GIVEN = "call.stored", "appeal.made", "appeal.answered", "note.given"
SUBMITTED, WITHDRAWN, PURGED = "review.submitted", "review.withdrawn", "calls.purged"
TOLD_OF = (STORED, MADE, ANSWERED, GIVEN, SUBMITTED, WITHDRAWN, PURGED)


@dataclass(frozen=True, slots=True)
class News:
    """`sequence`: the trail's number; several items of one row have `part` 0, 1, …"""

    sequence: int
    part: int
    kind: NewsKind
    at: str
    body: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same whenever it is told: who was told before can pass it over."""
        return f"{self.sequence}.{self.part}"

    def wire(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "sequence": self.sequence,
            "type": self.kind.value,
            "at": self.at,
        } | {**self.body}


def newest(connection: Connection) -> int:
    """The trail's last number."""
    return connection.scalar(select(func.max(tables.audit.c.n))) or 0


def after(connection: Connection, sequence: int) -> tuple[list[News], int]:
    """The next news, whole rows at a time, and the number up to which the trail was read."""
    trail = tables.audit
    # Asked first: what is written while we read is for the next time, and not skipped.
    last = newest(connection)
    rows = connection.execute(
        select(trail)
        .where(trail.c.n > sequence, trail.c.n <= last, trail.c.action.in_(TOLD_OF))
        .order_by(trail.c.n)
        .limit(SOME)
    ).all()
    upto = rows[-1].n if len(rows) == SOME else max(last, sequence)
    return [one for row in rows for one in _of(connection, row)], upto


def _of(connection: Connection, row: Row[Any]) -> Iterator[News]:
    at = row.at.isoformat(timespec="seconds")
    if row.action == GIVEN:
        told = {"agent": row.subject, "note": row.detail.get("note"), "by": row.who}
        yield News(row.n, 0, NewsKind.NOTE, at, told)
        return
    if row.action == PURGED:
        for number, call_id in enumerate(row.detail.get("calls", ())):
            yield News(row.n, number, NewsKind.PURGED, at, {"call_id": call_id})
        return
    if row.action in (SUBMITTED, WITHDRAWN) and row.detail.get("purpose") in BLIND:
        # What is judged blind must reach no inspector before he has judged it too.
        return
    report = load(connection, row.subject)
    if report is None:
        return
    call = _call(connection, report, row.subject)
    if row.action == STORED:
        yield News(row.n, 0, NewsKind.CALL, at, call)
        for number, hit in enumerate(_standing(report), 1):
            yield News(
                row.n, number, NewsKind.HIT, at, {"call_id": row.subject, **_who(call), **hit}
            )
        return
    told = {"call_id": row.subject, **_who(call), "by": row.who}
    if row.action in (SUBMITTED, WITHDRAWN):
        told |= {
            "state": row.action.partition(".")[2],
            "purpose": row.detail.get("purpose"),
            "score": row.detail.get("score"),
            "machine_score": row.detail.get("machine"),
        }
        yield News(row.n, 0, NewsKind.REVIEW, at, told)
        return
    if row.action == MADE:
        told |= {"state": "made", "score": row.detail.get("score")}
    else:
        told |= {
            "state": "accepted" if row.detail.get("accepted") else "dismissed",
            "score": row.detail.get("after"),
            "score_before": row.detail.get("before"),
        }
    yield News(row.n, 0, NewsKind.APPEAL, at, told)


def _call(connection: Connection, report: Mapping[str, Any], call_id: str) -> dict[str, Any]:
    filed = connection.execute(select(tables.calls).where(tables.calls.c.id == call_id)).one()
    score = report["score"]
    return {
        "call_id": call_id,
        "agent": filed.agent,
        "team": filed.team,
        "direction": filed.direction,
        "origin": filed.origin,
        "began_at": filed.started_at.isoformat(timespec="seconds"),
        "duration_ms": filed.duration_ms,
        "script": report["call"]["script"],
        "score": score["total"] if score else None,
        "to_give": score.get("to_give", 0.0) if score else 0.0,
        "passed": score["passed"] if score else None,
        "conclusion": report["conclusion"],
        "judgeable": report["judgeable"],
        "hits": len(_standing(report)),
        "steps_missed": [s["id"] for s in report["steps"] if s["state"] == "missed"],
        "versions": report["versions"],
    }


def _who(call: Mapping[str, Any]) -> dict[str, Any]:
    return {"agent": call["agent"], "team": call["team"]}


def _standing(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The findings that count, or wait for a person."""
    wanted = ("rule", "title", "severity", "kind", "fatal", "role", "quote", "begin_ms", "end_ms")
    more = ("suggest", "effect", "effect_reason")
    return [
        {name: hit[name] for name in (*wanted, *more)}
        for hit in report["hits"]
        if hit["effect"] != Effect.NOT_COUNTED
    ]
