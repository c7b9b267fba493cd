"""Where a server writes its calls down: a file of its own, or a database that it shares."""

from __future__ import annotations

import secrets
from pathlib import Path

from api.live.event_log import EventLog
from api.live.postgres_log import PostgresEventLog
from api.live.sqlite_log import SqliteEventLog
from api.private_files import private_file
from api.settings import Settings
from api.traces import LIVE_LOG
from qa_engine.errors import QAError

PLACE = "place"


def open_log(settings: Settings) -> EventLog:
    """Raises `QAError`, `StoreError`."""
    if not settings.live_log:
        return SqliteEventLog(settings.data_dir / LIVE_LOG)
    if not settings.live_log.startswith(("postgresql://", "postgresql+psycopg://")):
        raise QAError(
            "live_log: expected postgresql://USER@HOST/DATABASE, or nothing for a file in data_dir"
        )
    return PostgresEventLog(settings.live_log, place_of(settings.data_dir))


def place_of(folder: Path) -> str:
    """The name of this data directory among all servers', made once."""
    path = private_file(folder / PLACE)
    name = path.read_text("utf-8").strip()
    if not name:
        name = secrets.token_hex(8)
        path.write_text(name, "utf-8")
    return name
