"""The log of live calls in one SQLite file: one server's own. Its tables are in `log_tables.py`."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.live.event_log import CallKnown, LoggedCall
from api.live.log_tables import SqliteDatabase, connected, prepare
from api.live.log_writer import LogWriter, Statement
from api.live.sql_log import SqlEventLog
from api.private_files import private_file, private_folder


class SqliteEventLog(SqlEventLog):
    """`EventLog` in one file, which nobody else writes (`data_lock.py`)."""

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        self._path = private_file(path)
        with connected(path) as connection:
            prepare(connection, path)
        super().__init__(LogWriter(SqliteDatabase(path)))

    async def open_call(self, call_id: str, details: dict[str, str]) -> None:
        sql = "INSERT INTO call(call_id, began_s, details) VALUES (?, ?, ?)"
        row = (call_id, time.time(), json.dumps(details, ensure_ascii=False))
        try:
            await self._writer.write([Statement(sql, row)])
        except sqlite3.IntegrityError:
            raise CallKnown(call_id) from None

    async def take_over(self, call_id: str = "") -> list[LoggedCall]:
        return [one for one in await self.running() if call_id in ("", one.call_id)]

    async def let_go(self, call_id: str) -> None:
        """The next start finds it."""

    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        def read() -> list[Any]:
            with connected(self._path) as connection:
                return connection.execute(sql, values).fetchall()

        return await asyncio.to_thread(read)
