"""The phrases said in most calls, and how often people found the machine right about each."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Label,
    Subquery,
    case,
    cast,
    func,
    select,
    union_all,
)

from api.review.boards.periods import Period
from api.review.boards.scope import BoardScope, counted, unjudged
from api.review.boards.wilson import NOTHING, Share
from api.review.tables import outcomes, sheet_findings
from api.store.tables import calls, hits, verdicts
from qa_engine.rules.counting import Effect
from qa_engine.rules.tally import CountedAs


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One rule: in how many calls, how often, and what inspectors said of its hits.

    `calls` has it counted or waiting, `counted_calls` counted; `times` it counts, `waiting` times a
    person decides first.
    `precision` is of the hits that were judged; `missed` counts the places people marked.
    """

    id: str
    title: str
    role: str
    calls: int
    counted_calls: int
    times: int
    waiting: int
    precision: Share
    missed: int


def top_phrases(
    connection: Connection, period: Period, scope: BoardScope, *, role: str = "", most: int = 300
) -> list[Phrase]:
    """The rules by how many calls they were hit in: all that a pack has, so that the rows add up to
    what the board counts. `role` narrows to what the agent or the customer said.
    """
    where = counted(connection, period, scope)
    found_ones = found_hits(where, role).subquery()
    waits = func.sum(found_ones.c.waits)
    times = (func.count() - waits).label("times")
    touched = func.count(found_ones.c.call_id.distinct()).label("touched")
    sure = func.count(case((found_ones.c.waits == 0, found_ones.c.call_id)).distinct())
    query = (
        select(found_ones.c.rule, times, touched, waits.label("waiting"), sure.label("sure"))
        .group_by(found_ones.c.rule)
        .order_by(touched.desc(), found_ones.c.rule)
        .limit(most)
    )
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
                counted_calls=row.sure,
                times=int(row.times),
                waiting=int(row.waiting),
                precision=judged.get(row.rule, NOTHING),
                missed=missed.get(row.rule, 0),
            )
        )
    return found


def found_hits(where: list[ColumnElement[bool]], role: str = "") -> CompoundSelect[Any]:
    """(rule, call_id, waits) of every hit that counts or waits: the machine's where nobody has
    judged the call, what the sheet that counts says elsewhere.
    """
    kept = sheet_findings.c
    machine = (
        select(hits.c.rule, hits.c.call_id, _one_if(hits.c.effect == Effect.WAITING.value))
        .join(calls, calls.c.id == hits.c.call_id)
        .where(hits.c.effect != Effect.NOT_COUNTED.value, unjudged(), *where)
    )
    people = (
        select(kept.name, kept.call_id, _one_if(kept.state == CountedAs.WAITING.value))
        .join(outcomes, outcomes.c.sheet == kept.sheet)
        .join(calls, calls.c.id == outcomes.c.call_id)
        .where(kept.kind == "hit", kept.counts | (kept.state == CountedAs.WAITING.value), *where)
    )
    if role:
        machine = machine.where(hits.c.role == role)
        people = people.where(kept.role == role)
    return union_all(machine, people)


def was_found(rules: Collection[str]) -> ColumnElement[bool]:
    """Calls in which one of these counts or waits, as a condition on calls beside their outcomes.

    The same as `found_hits`; but a list that ends after a page need not put all of them together.
    """
    kept, current = sheet_findings.c, outcomes.alias()
    machine = select(hits.c.call_id).where(
        hits.c.rule.in_(rules), hits.c.effect != Effect.NOT_COUNTED.value
    )
    people = (
        select(kept.call_id)
        .join(current, current.c.sheet == kept.sheet)
        .where(kept.name.in_(rules), kept.kind == "hit")
        .where(kept.counts | (kept.state == CountedAs.WAITING.value))
    )
    nobody = outcomes.c.call_id.is_(None)
    return (nobody & calls.c.id.in_(machine)) | calls.c.id.in_(people)


def _one_if(waits: ColumnElement[bool]) -> Label[int]:
    return cast(waits, Integer).label("waits")


def _judged(connection: Connection, where: list[ColumnElement[bool]]) -> dict[str, Share]:
    """Rule → right of judged, by the last verdict of each hit."""
    last = _last_verdicts(where, missed=False)
    right = func.sum(cast(verdicts.c.right, Integer)).label("right")
    query = select(verdicts.c.rule, right, func.count().label("n"))
    query = query.join(last, last.c.id == verdicts.c.id).group_by(verdicts.c.rule)
    return {row.rule: Share(int(row.right), row.n) for row in connection.execute(query)}


def _missed(connection: Connection, where: list[ColumnElement[bool]]) -> dict[str, int]:
    """Rule → places that people marked, and did not take back."""
    last = _last_verdicts(where, missed=True)
    query = select(verdicts.c.rule, func.count().label("n")).where(verdicts.c.right)
    query = query.join(last, last.c.id == verdicts.c.id).group_by(verdicts.c.rule)
    return {row.rule: row.n for row in connection.execute(query)}


def _last_verdicts(where: list[ColumnElement[bool]], *, missed: bool) -> Subquery:
    return (
        select(func.max(verdicts.c.id).label("id"))
        .join(calls, calls.c.id == verdicts.c.call_id)
        .where(verdicts.c.missed if missed else ~verdicts.c.missed, *where)
        .group_by(verdicts.c.call_id, verdicts.c.hit_id)
        .subquery()
    )


def _told(connection: Connection, rule: str) -> tuple[str, str]:
    """Title and role of a rule, as any of its hits has them."""
    query = select(hits.c.rest, hits.c.role).where(hits.c.rule == rule).limit(1)
    row = connection.execute(query).first()
    if row is not None:
        return str(row.rest.get("title") or rule), str(row.role)
    kept = select(sheet_findings).where(sheet_findings.c.name == rule).limit(1)
    frozen = connection.execute(kept).one()
    return frozen.title or rule, frozen.role
