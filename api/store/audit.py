"""Who did what, append-only: each row carries a hash of itself and of the row before it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from api.store.tables import audit

GENESIS = "0" * 64


def record(
    connection: Connection, *, who: str, action: str, subject: str, detail: Mapping[str, Any]
) -> None:
    """Append one row inside the caller's transaction, so that act and trace stand or fall together.

    `detail` must hold ids and numbers, never words of a call.
    """
    if connection.dialect.name == "postgresql":
        # Two writers must not hang on the same link.
        connection.execute(text("LOCK TABLE audit IN EXCLUSIVE MODE"))
    last = connection.scalar(select(audit.c.link).order_by(audit.c.n.desc()).limit(1))
    at = datetime.now(UTC)
    link = _link(last or GENESIS, at, who, action, subject, detail)
    connection.execute(
        insert(audit).values(
            at=at, who=who, action=action, subject=subject, detail=dict(detail), link=link
        )
    )


def broken_links(connection: Connection) -> Iterator[int]:
    """Numbers of rows that no longer fit the chain: somebody changed the past."""
    before = GENESIS
    for row in connection.execute(select(audit).order_by(audit.c.n)):
        if row.link != _link(before, row.at, row.who, row.action, row.subject, row.detail):
            yield row.n
        before = row.link


def _link(
    before: str, at: datetime, who: str, action: str, subject: str, detail: Mapping[str, Any]
) -> str:
    moment = at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC).isoformat()
    row = json.dumps([before, moment, who, action, subject, dict(detail)], sort_keys=True)
    return hashlib.sha256(row.encode()).hexdigest()
