"""A comment pinned to a second of a call. The agent sees it once it is part of a note."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, select

from api.review.errors import NotThere, ReviewError
from api.review.records import LoosePin, Pin
from api.review.tables import pins
from api.store import Store, audit
from api.store.records import as_records
from api.store.tables import calls
from qa_engine.privacy import mask

LONGEST = 1_000


def pin(store: Store, call_id: str, *, at_ms: int, words: str, by: str) -> int:
    """Raises ReviewError for no words or a moment outside the call, NotThere."""
    words = mask(words.strip()[:LONGEST])
    if not words:
        raise ReviewError("a comment has words", key="pin_empty")
    with store.writing() as connection:
        duration = connection.scalar(select(calls.c.duration_ms).where(calls.c.id == call_id))
        if duration is None:
            raise NotThere("no such call", key="not_there")
        if not 0 <= at_ms <= duration:
            raise ReviewError("this moment is not in the call", key="pin_outside")
        row = {"call_id": call_id, "at_ms": at_ms, "words": words, "by": by}
        done = connection.execute(insert(pins).values(**row, made_at=datetime.now(UTC)))
        detail = {"at_ms": at_ms}
        audit.record(connection, who=by, action="pin.made", subject=call_id, detail=detail)
        return int(done.inserted_primary_key[0])  # type: ignore[index]


def unpin(store: Store, number: int, *, by: str) -> str:
    """Take one's own comment away while it is in no note; returns its call. Raises NotThere."""
    here = (pins.c.id == number, pins.c.by == by, pins.c.note.is_(None))
    with store.writing() as connection:
        call_id = connection.scalar(select(pins.c.call_id).where(*here))
        if call_id is None:
            raise NotThere("no such comment", key="not_there")
        connection.execute(delete(pins).where(*here))
    return str(call_id)


def of_call(connection: Connection, call_id: str, *, given_only: bool) -> list[Pin]:
    """In order of time; `given_only`: those that the agent was given in a note."""
    query = select(pins).where(pins.c.call_id == call_id).order_by(pins.c.at_ms, pins.c.id)
    if given_only:
        query = query.where(pins.c.note.is_not(None))
    return as_records(Pin, connection.execute(query))


def loose(connection: Connection, agent: str) -> list[LoosePin]:
    """Comments on an agent's calls that are in no note yet, with their calls, newest first."""
    query = (
        select(pins, calls.c.started_at)
        .join(calls, calls.c.id == pins.c.call_id)
        .where(calls.c.agent == agent, pins.c.note.is_(None))
        .order_by(pins.c.id.desc())
        .limit(200)
    )
    return as_records(LoosePin, connection.execute(query))
