"""辅导单: comments on an agent's calls, collected, given once, and acknowledged once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from api.review import notices
from api.review.accounts.people import AccountRole, Person
from api.review.errors import NotThere, ReviewError, Taken
from api.review.notices import NoticeKind
from api.review.records import CoachingNote, GivenPin, ListedNote
from api.review.tables import coaching_notes, people, pins
from api.store import Store, audit
from api.store.records import as_record, as_records
from api.store.tables import calls
from qa_engine.privacy import mask

LONGEST = 4_000


def give(
    store: Store, agent: str, *, title: str, words: str, chosen: Iterable[int], by: str
) -> int:
    """Make a note of pinned comments and give it to the agent. Raises ReviewError, NotThere."""
    title, words = mask(title.strip()[:80]), mask(words.strip()[:LONGEST])
    wanted = sorted(set(chosen))
    if not title or not (words or wanted):
        raise ReviewError("a note has a title, and words or comments", key="note_empty")
    with store.writing() as connection:
        mine = (
            select(pins.c.id)
            .join(calls, calls.c.id == pins.c.call_id)
            .where(pins.c.id.in_(wanted), pins.c.note.is_(None), calls.c.agent == agent)
        )
        if not agent or set(connection.scalars(mine)) != set(wanted):
            raise NotThere("no such comments of this agent", key="not_there")
        row = {"agent": agent, "title": title, "words": words, "by": by}
        done = connection.execute(insert(coaching_notes).values(**row, given_at=datetime.now(UTC)))
        number = int(done.inserted_primary_key[0])  # type: ignore[index]
        connection.execute(update(pins).where(pins.c.id.in_(wanted)).values(note=number))
        logins = connection.scalars(select(people.c.login).where(people.c.agent == agent)).all()
        notices.tell(connection, logins, NoticeKind.NOTE_GIVEN, str(number))
        detail = {"note": number, "pins": len(wanted)}
        audit.record(connection, who=by, action="note.given", subject=agent, detail=detail)
    return number


def acknowledge(store: Store, number: int, *, by: Person, words: str) -> None:
    """The agent has read it. Once. Raises NotThere, Taken."""
    with store.writing() as connection:
        note = for_person(connection, number, by)
        if by.role is not AccountRole.AGENT:
            raise NotThere("not yours to acknowledge", key="not_there")
        done = connection.execute(
            update(coaching_notes)
            .where(coaching_notes.c.id == number, coaching_notes.c.read_at.is_(None))
            .values(read_at=datetime.now(UTC), answer=mask(words.strip()[:LONGEST]))
        )
        if not done.rowcount:
            raise Taken("this note was acknowledged", key="already_done")
        notices.tell(connection, [note.by], NoticeKind.NOTE_READ, str(number))
        trace = {"who": by.login, "action": "note.acknowledged", "subject": note.agent}
        audit.record(connection, **trace, detail={"note": number})


def for_person(connection: Connection, number: int, person: Person) -> CoachingNote:
    """A note that this person may read: their own, or any where they judge. Raises NotThere."""
    query = select(coaching_notes).where(coaching_notes.c.id == number)
    row = connection.execute(query).first()
    theirs = person.role is not AccountRole.AGENT or (
        row and person.agent and row.agent == person.agent
    )
    if row is None or not theirs:
        raise NotThere("no such note", key="not_there")
    return as_record(CoachingNote, row)


def parts(connection: Connection, number: int) -> list[GivenPin]:
    """Its comments with their calls, in order of the calls."""
    query = (
        select(pins, calls.c.started_at, calls.c.duration_ms)
        .join(calls, calls.c.id == pins.c.call_id)
        .where(pins.c.note == number)
        .order_by(calls.c.started_at, pins.c.at_ms)
    )
    return as_records(GivenPin, connection.execute(query))


def listed(
    connection: Connection, *, agent: str | None = None, limit: int = 100
) -> list[ListedNote]:
    """The newest first; of one agent, or (None) of all."""
    count = select(func.count()).where(pins.c.note == coaching_notes.c.id).scalar_subquery()
    query = select(coaching_notes, count.label("pins")).order_by(coaching_notes.c.id.desc())
    if agent is not None:
        query = query.where(coaching_notes.c.agent == agent, coaching_notes.c.agent != "")
    return as_records(ListedNote, connection.execute(query.limit(limit)))


def forget_calls(connection: Connection, ids: Sequence[str]) -> None:
    """Comments on calls that were purged go, and the words of notes that have none left."""
    touched = set(connection.scalars(select(pins.c.note).where(pins.c.call_id.in_(ids)))) - {None}
    connection.execute(pins.delete().where(pins.c.call_id.in_(ids)))
    kept = set(connection.scalars(select(pins.c.note).where(pins.c.note.in_(touched))))
    bare = update(coaching_notes).where(coaching_notes.c.id.in_(touched - kept))
    connection.execute(bare.values(title="", words="", answer=""))
