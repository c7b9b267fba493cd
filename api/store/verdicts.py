"""What inspectors said of hits, kept apart from what the machine said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from api.store import audit
from api.store.tables import calls, verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement of one place. `missed`: the machine said nothing here, and should have."""

    call_id: str
    hit_id: str
    rule: str
    utterance: int
    begin_char: int
    end_char: int
    right: bool
    missed: bool = False
    by: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCount:
    """So many verdicts of one kind about a rule, the last ones of their hits."""

    rule: str
    missed: bool
    right: bool
    times: int
    book: str = ""
    """The phrasebook that judged their calls, by its version."""


def give(connection: Connection, verdict: Verdict) -> int:
    """Add a verdict and its trace; earlier ones of the same hit stay. Returns its number."""
    row = {name: getattr(verdict, name) for name in Verdict.__slots__}
    result = connection.execute(insert(verdicts).values(**row, at=datetime.now(UTC)))
    audit.record(
        connection,
        who=verdict.by,
        action="verdict.given",
        subject=f"{verdict.call_id}/{verdict.hit_id}",
        detail={"rule": verdict.rule, "right": verdict.right, "missed": verdict.missed},
    )
    key = result.inserted_primary_key
    return int(key[0]) if key else 0


def of_call(connection: Connection, call_id: str) -> list[Verdict]:
    """The last verdict of every hit and missed place of one call."""
    query = select(verdicts).where(verdicts.c.call_id == call_id).order_by(verdicts.c.id)
    found = {row.hit_id: _verdict(row) for row in connection.execute(query)}
    return list(found.values())


def standing(connection: Connection, *, since: datetime | None = None) -> Iterator[Verdict]:
    """The last verdict of every hit."""
    last = select(func.max(verdicts.c.id)).group_by(verdicts.c.call_id, verdicts.c.hit_id)
    query = select(verdicts).where(verdicts.c.id.in_(last)).order_by(verdicts.c.id)
    if since is not None:
        query = query.where(verdicts.c.at >= since)
    for row in connection.execute(query):
        yield _verdict(row)


def tallied(connection: Connection) -> Iterator[VerdictCount]:
    """How often each thing stands said of a rule's hits, added up in the database."""
    last = select(func.max(verdicts.c.id)).group_by(verdicts.c.call_id, verdicts.c.hit_id)
    book = calls.c.phrasebook_version.label("book")
    said = (verdicts.c.rule, verdicts.c.missed, verdicts.c.right, book)
    query = (
        select(*said, func.count().label("times"))
        .outerjoin(calls, calls.c.id == verdicts.c.call_id)
        .where(verdicts.c.id.in_(last))
    )
    for row in connection.execute(query.group_by(*said)):
        yield VerdictCount(
            rule=row.rule,
            missed=row.missed,
            right=row.right,
            times=row.times,
            book=row.book or "",
        )


def _verdict(row: Any) -> Verdict:
    return Verdict(**{name: row._mapping[name] for name in Verdict.__slots__})
