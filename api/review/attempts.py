"""Wrong passwords cost time: after five, the wait doubles with each, up to a quarter of an hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy import Connection, delete, insert, select, update

from api.review.tables import attempts

FREE = 5
FREE_OF_AN_ADDRESS = 30
"""A whole call centre may share one address."""
LONGEST_S = 900
FORGOTTEN = timedelta(hours=24)


def wait_s(connection: Connection, key: str) -> int:
    """Seconds until the next attempt counts; 0: now."""
    row = connection.execute(select(attempts).where(attempts.c.key == key)).first()
    free = FREE_OF_AN_ADDRESS if key.startswith("address ") else FREE
    if row is None or row.failures < free:
        return 0
    pause = min(LONGEST_S, 2 ** min(10, row.failures - free + 1))
    left: float = pause - (datetime.now(UTC) - row.last_at).total_seconds()
    return max(0, ceil(left))


def note_failure(connection: Connection, key: str) -> None:
    now = datetime.now(UTC)
    connection.execute(delete(attempts).where(attempts.c.last_at < now - FORGOTTEN))
    here = attempts.c.key == key
    more = update(attempts).where(here).values(failures=attempts.c.failures + 1, last_at=now)
    if not connection.execute(more).rowcount:
        connection.execute(insert(attempts).values(key=key, failures=1, last_at=now))


def forget(connection: Connection, key: str) -> None:
    connection.execute(delete(attempts).where(attempts.c.key == key))
