"""The phrases said in most calls, and how often people found the machine right about each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Integer, cast, func, select

from api.review.periods import Period
from api.review.scope import Scope, counted
from api.store.tables import calls, hits, verdicts
from api.wilson import NOTHING, Share
from qa_engine.rules.counting import Effect


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One rule: in how many calls, how often, and what inspectors said of its hits.

    `precision` is of the hits that were judged; `missed` counts the places people marked.
    """

    id: str
    title: str
    role: str
    calls: int
    times: int
    precision: Share
    missed: int


def top_phrases(
    connection: Connection, period: Period, scope: Scope, *, role: str = "", most: int = 30
) -> list[Phrase]:
    """The rules hit in most calls; `role` narrows to what the agent or the customer said."""
    where = counted(connection, period, scope)
    times = func.count().label("times")
    touched = func.count(hits.c.call_id.distinct()).label("touched")
    query = (
        select(hits.c.rule, times, touched)
        .join(calls, calls.c.id == hits.c.call_id)
        .where(hits.c.effect != Effect.NOT_COUNTED.value, *where)
        .group_by(hits.c.rule)
        .order_by(touched.desc(), hits.c.rule)
        .limit(most)
    )
    if role:
        query = query.where(hits.c.role == role)
    rows = connection.execute(query).all()
    judged, missed = _judged(connection, where), _missed(connection, where)
    found = []
    for row in rows:
        title, spoken_by = _told(connection, row.rule)
        found.append(
            Phrase(
                id=row.rule,
                title=title,
                role=spoken_by,
                calls=row.touched,
                times=row.times,
                precision=judged.get(row.rule, NOTHING),
                missed=missed.get(row.rule, 0),
            )
        )
    return found


def _judged(connection: Connection, where: list[ColumnElement[bool]]) -> dict[str, Share]:
    """Rule → right of judged, by the last verdict of each hit."""
    last = (
        select(func.max(verdicts.c.id).label("id"))
        .join(calls, calls.c.id == verdicts.c.call_id)
        .where(~verdicts.c.missed, *where)
        .group_by(verdicts.c.call_id, verdicts.c.hit_id)
        .subquery()
    )
    right = func.sum(cast(verdicts.c.right, Integer)).label("right")
    query = select(verdicts.c.rule, right, func.count().label("n"))
    query = query.join(last, last.c.id == verdicts.c.id).group_by(verdicts.c.rule)
    return {row.rule: Share(int(row.right), row.n) for row in connection.execute(query)}


def _missed(connection: Connection, where: list[ColumnElement[bool]]) -> dict[str, int]:
    places = func.count(verdicts.c.hit_id.distinct()).label("n")
    query = select(verdicts.c.rule, places).join(calls, calls.c.id == verdicts.c.call_id)
    query = query.where(verdicts.c.missed, verdicts.c.right, *where).group_by(verdicts.c.rule)
    return {row.rule: row.n for row in connection.execute(query)}


def _told(connection: Connection, rule: str) -> tuple[str, str]:
    """Title and role of a rule, as any of its hits has them."""
    query = select(hits.c.rest, hits.c.role).where(hits.c.rule == rule).limit(1)
    row = connection.execute(query).one()
    return str(row.rest.get("title") or rule), str(row.role)
