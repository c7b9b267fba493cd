"""The head of the audit trail, kept outside it: a chain alone cannot tell that its end was cut off.

The file holds the number, the link and the age of the last row that was seen. It belongs on another
disk than the database, or at least to another user.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, func, select

from api.private_files import private_file
from api.store.errors import StoreError
from api.store.tables import audit

FILE = "audit-head.json"
"""Below a server's `data_dir`."""


@dataclass(frozen=True, slots=True)
class TrailAnchor:
    """The last row of the trail, when it was noted."""

    n: int
    link: str
    at: datetime


def load(path: Path) -> TrailAnchor | None:
    """What was noted; None where nothing was yet. Raises StoreError for a file that is damaged."""
    try:
        told = json.loads(path.read_text("utf-8"))
        return TrailAnchor(int(told["n"]), str(told["link"]), datetime.fromisoformat(told["at"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise StoreError(
            f"{path}: not a noted head of the audit trail; expected what this server wrote there"
        ) from None


def fits(connection: Connection, anchor: TrailAnchor) -> bool:
    """Whether the row that was the last one is still there, as it was."""
    link = connection.scalar(select(audit.c.link).where(audit.c.n == anchor.n))
    return link == anchor.link


def renew(connection: Connection, path: Path) -> bool:
    """Note the head as it is now; False, and nothing is noted, where rows are missing since.

    Raises StoreError.
    """
    before = load(path)
    if before is not None and not fits(connection, before):
        return False
    last = select(func.max(audit.c.n)).scalar_subquery()
    row = connection.execute(select(audit.c.n, audit.c.link).where(audit.c.n == last)).first()
    if row is None:
        return True
    told = {"n": row.n, "link": row.link, "at": datetime.now(UTC).isoformat(timespec="seconds")}
    part = path.with_name(f"{path.name}.part")
    try:
        private_file(part)
        part.write_text(json.dumps(told), "utf-8")
        part.replace(path)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise StoreError(
            f"{path}: the head of the audit trail cannot be noted ({reason})"
        ) from None
    return True
