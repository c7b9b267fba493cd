"""What happened that somebody should know of, shown inside the desk until they have looked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, func, insert, select, update

from api.review.records import DeskNotice
from api.review.tables import notices
from api.store import Store
from api.store.call_row import CallRow
from api.store.records import as_record, as_records
from api.store.tables import calls

_KEPT = 200
"""Of each person; older ones go."""


class NoticeKind(StrEnum):
    """`subject` is a call of the first three, a note of the others."""

    REVIEWED = "reviewed"
    APPEAL_MADE = "appeal_made"
    APPEAL_ANSWERED = "appeal_answered"
    NOTE_GIVEN = "note_given"
    NOTE_READ = "note_read"


_OF_A_CALL = (NoticeKind.REVIEWED, NoticeKind.APPEAL_MADE, NoticeKind.APPEAL_ANSWERED)


def tell(connection: Connection, logins: Iterable[str], kind: NoticeKind, subject: str) -> None:
    """Leave a notice for each, in the transaction of what it tells of."""
    now = datetime.now(UTC)
    rows = [
        {"login": login, "kind": kind.value, "subject": subject, "at": now}
        for login in sorted(set(logins) - {""})
    ]
    if rows:
        connection.execute(insert(notices), rows)


def take_back(connection: Connection, kind: NoticeKind, subject: str, since: datetime) -> None:
    """Nobody is told any more of what is not so since: notices left from this moment on go."""
    about = (notices.c.kind == kind.value, notices.c.subject == subject, notices.c.at >= since)
    connection.execute(delete(notices).where(*about))


def unseen(connection: Connection, login: str) -> int:
    query = select(func.count()).where(notices.c.login == login, notices.c.seen_at.is_(None))
    return connection.scalar(query) or 0


def look(store: Store, login: str) -> list[DeskNotice]:
    """The newest first, as they were before this look; afterwards all are seen."""
    mine = notices.c.login == login
    with store.writing() as connection:
        query = select(notices).where(mine).order_by(notices.c.id.desc()).limit(_KEPT)
        found = as_records(DeskNotice, connection.execute(query))
        fresh = update(notices).where(mine, notices.c.seen_at.is_(None))
        connection.execute(fresh.values(seen_at=datetime.now(UTC)))
        if len(found) == _KEPT:
            connection.execute(delete(notices).where(mine, notices.c.id < found[-1].id))
    return found


def calls_told_of(connection: Connection, told: Iterable[DeskNotice]) -> dict[str, CallRow]:
    """The calls that these are about, by id; those that are purged are not there."""
    ids = {one.subject for one in told if one.kind in _OF_A_CALL}
    rows = connection.execute(select(calls).where(calls.c.id.in_(ids)))
    return {row.id: as_record(CallRow, row) for row in rows}
