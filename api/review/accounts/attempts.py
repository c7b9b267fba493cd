"""Wrong passwords cost time. For a login the wait doubles with each after the fifth; an address,
which a whole call centre may share, may fail 30 times at once and then twice a minute.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from api.review.tables import attempts

FREE = 5
FREE_OF_AN_ADDRESS = 30
FORGIVEN_S = 30
"""An address has one failure less with each such span."""
LONGEST_S = 900
FORGOTTEN = timedelta(hours=24)


def wait_s(connection: Connection, key: str) -> int:
    """Seconds until the next attempt counts; 0: now."""
    row = connection.execute(select(attempts).where(attempts.c.key == key)).first()
    if row is None:
        return 0
    since_s: float = (datetime.now(UTC) - row.last_at).total_seconds()
    if _is_address(key):
        over = _left(row, since_s) - FREE_OF_AN_ADDRESS
        return (
            0 if over < 0 else min(LONGEST_S, ceil((over + 1) * FORGIVEN_S - since_s % FORGIVEN_S))
        )
    if row.failures < FREE:
        return 0
    doublings = min(10, int(row.failures) - FREE + 1)
    return max(0, ceil(min(LONGEST_S, 2.0**doublings) - since_s))


def note_failure(connection: Connection, key: str) -> None:
    """A failed login under this key (of a name or an address), now."""
    now = datetime.now(UTC)
    connection.execute(delete(attempts).where(attempts.c.last_at < now - FORGOTTEN))
    here = attempts.c.key == key
    row = connection.execute(select(attempts).where(here).with_for_update()).first()
    if row is None:
        connection.execute(insert(attempts).values(key=key, failures=1, last_at=now))
        return
    since_s = (now - row.last_at).total_seconds()
    failures = (_left(row, since_s) if _is_address(key) else row.failures) + 1
    connection.execute(update(attempts).where(here).values(failures=failures, last_at=now))


def forget(connection: Connection, key: str) -> None:
    """No failures are known under this key any more."""
    connection.execute(delete(attempts).where(attempts.c.key == key))


def _is_address(key: str) -> bool:
    return key.startswith("address ")


def _left(row: Row[Any], since_s: float) -> int:
    """Failures of an address that are not forgiven yet."""
    return max(0, int(row.failures - since_s // FORGIVEN_S))
