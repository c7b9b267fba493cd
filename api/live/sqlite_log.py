"""The log of live calls in one SQLite file, append-only while a call runs.

Its tables are in `log_tables.py`, the thread that writes them in `log_writer.py`. Partial texts are
pruned when their call ends.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.live.event_log import LogEntry, LoggedCall
from api.live.log_tables import connected, prepare
from api.live.log_writer import LogWriter, Statement
from api.private_files import private_file, private_folder


class SqliteEventLog:
    """`EventLog` in one file. `path` may be `:memory:` for tests without a restart."""

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        self._path = private_file(path)
        with connected(path) as connection:
            prepare(connection, path)
            connection.execute("DELETE FROM spent_token WHERE expires_s < ?", (time.time(),))
        self._writer = LogWriter(path)

    async def open_call(self, call_id: str, details: dict[str, str]) -> None:
        row = (call_id, time.time(), json.dumps(details, ensure_ascii=False))
        await self._write([("INSERT INTO call(call_id, began_s, details) VALUES (?, ?, ?)", row)])

    async def append(self, entries: Sequence[LogEntry], checkpoint: str = "") -> None:
        sql = (
            "INSERT INTO event(call_id, seq, type, slot, supervisor, body) "
            "VALUES (?, ?, ?, ?, ?, ?)"
        )
        rows = [(e.call_id, e.seq, e.type, e.slot, e.supervisor, e.body) for e in entries]
        statements: list[Statement] = [(sql, row) for row in rows]
        if checkpoint and entries:
            saved = (entries[-1].call_id, checkpoint)
            statements.append(("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", saved))
        await self._write(statements)

    async def checkpoint(self, call_id: str) -> str:
        rows = await self._read("SELECT body FROM checkpoint WHERE call_id = ?", (call_id,))
        return str(rows[0][0]) if rows else ""

    async def running(self) -> list[LoggedCall]:
        sql = (
            "SELECT call_id, began_s, ended_s, details FROM call WHERE ended_s IS NULL "
            "ORDER BY began_s"
        )
        return [_record(row) for row in await self._read(sql, ())]

    async def end_call(self, call_id: str) -> None:
        await self._write(
            [
                ("UPDATE call SET ended_s = ? WHERE call_id = ?", (time.time(), call_id)),
                ("DELETE FROM event WHERE call_id = ? AND slot <> ''", (call_id,)),
                ("DELETE FROM checkpoint WHERE call_id = ?", (call_id,)),
            ]
        )

    async def spend(self, jti: str, call_id: str, expires_s: float) -> str:
        row = (jti, call_id, expires_s)
        await self._write([("INSERT OR IGNORE INTO spent_token VALUES (?, ?, ?)", row)])
        rows = await self._read("SELECT call_id FROM spent_token WHERE jti = ?", (jti,))
        return str(rows[0][0])

    async def entries(self, call_id: str, after_seq: int = 0) -> list[LogEntry]:
        sql = (
            "SELECT call_id, seq, type, slot, supervisor, body FROM event "
            "WHERE call_id = ? AND seq > ? ORDER BY seq"
        )
        rows = await self._read(sql, (call_id, after_seq))
        return [
            LogEntry(
                call_id=row[0],
                seq=row[1],
                type=row[2],
                slot=row[3],
                supervisor=bool(row[4]),
                body=row[5],
            )
            for row in rows
        ]

    async def calls(self, *, limit: int = 500) -> list[LoggedCall]:
        sql = "SELECT call_id, began_s, ended_s, details FROM call ORDER BY began_s DESC LIMIT ?"
        return [_record(row) for row in await self._read(sql, (limit,))]

    async def call(self, call_id: str) -> LoggedCall | None:
        sql = "SELECT call_id, began_s, ended_s, details FROM call WHERE call_id = ?"
        rows = await self._read(sql, (call_id,))
        return _record(rows[0]) if rows else None

    async def mark_filed(self, call_id: str) -> None:
        await self._write([("INSERT OR IGNORE INTO filed VALUES (?)", (call_id,))])

    async def unfiled(self) -> list[str]:
        sql = (
            "SELECT call_id FROM call WHERE ended_s IS NOT NULL "
            "AND call_id NOT IN (SELECT call_id FROM filed) ORDER BY began_s"
        )
        return [str(row[0]) for row in await self._read(sql, ())]

    async def forget(self, before_s: float) -> int:
        sql = "SELECT call_id FROM call JOIN filed USING (call_id) WHERE ended_s < ?"
        rows = await self._read(sql, (before_s,))
        await self._write(
            [
                (f"DELETE FROM {table} WHERE call_id = ?", row)
                for row in rows
                for table in ("event", "filed", "call")
            ]
        )
        return len(rows)

    async def probe(self) -> None:
        await self._write(
            [("INSERT OR REPLACE INTO spent_token VALUES ('', '', ?)", (time.time(),))]
        )

    @property
    def dead(self) -> str | None:
        return self._writer.dead

    def close(self) -> None:
        self._writer.close()

    async def _write(self, statements: list[Statement]) -> None:
        await self._writer.write(statements)

    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        def read() -> list[Any]:
            with connected(self._path) as connection:
                return connection.execute(sql, values).fetchall()

        return await asyncio.to_thread(read)


def _record(row: Any) -> LoggedCall:
    return LoggedCall(call_id=row[0], began_s=row[1], ended_s=row[2], details=json.loads(row[3]))
