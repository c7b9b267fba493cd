"""The log of live calls as SQL, append-only while a call runs: what SQLite and PostgreSQL share.

The thread that writes it is in `log_writer.py`. Partial texts are pruned when their call ends.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from api.live.event_log import LogEntry, LoggedCall
from api.live.log_writer import LogWriter, Statement

CALL = "call_id, began_s, ended_s, details"
EVENT = "call_id, seq, type, slot, supervisor, body"


class SqlEventLog(ABC):
    """An `EventLog` without its database. Placeholders are question marks."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer

    @abstractmethod
    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        """All rows, on a connection of its own."""

    @abstractmethod
    async def take_over(self, call_id: str = "") -> list[LoggedCall]: ...

    @abstractmethod
    async def let_go(self, call_id: str) -> None: ...

    @abstractmethod
    async def open_call(self, call_id: str, details: dict[str, str]) -> None: ...

    async def append(self, entries: Sequence[LogEntry], checkpoint: str = "") -> None:
        await self._writer.write(appending(entries, checkpoint))

    async def checkpoint(self, call_id: str) -> str:
        rows = await self._read("SELECT body FROM checkpoint WHERE call_id = ?", (call_id,))
        return str(rows[0][0]) if rows else ""

    async def running(self) -> list[LoggedCall]:
        sql = f"SELECT {CALL} FROM call WHERE ended_s IS NULL ORDER BY began_s"
        return [as_record(row) for row in await self._read(sql, ())]

    async def end_call(self, call_id: str) -> None:
        await self._writer.write(ending(call_id))

    async def spend(self, jti: str, call_id: str, expires_s: float) -> str:
        sql = "INSERT INTO spent_token VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        await self._writer.write([Statement(sql, (jti, call_id, expires_s))])
        rows = await self._read("SELECT call_id FROM spent_token WHERE jti = ?", (jti,))
        return str(rows[0][0])

    async def entries(self, call_id: str, after_seq: int = 0) -> list[LogEntry]:
        sql = f"SELECT {EVENT} FROM event WHERE call_id = ? AND seq > ? ORDER BY seq"
        return [as_entry(row) for row in await self._read(sql, (call_id, after_seq))]

    async def calls(self, *, limit: int = 500) -> list[LoggedCall]:
        sql = f"SELECT {CALL} FROM call ORDER BY began_s DESC LIMIT ?"
        return [as_record(row) for row in await self._read(sql, (limit,))]

    async def call(self, call_id: str) -> LoggedCall | None:
        rows = await self._read(f"SELECT {CALL} FROM call WHERE call_id = ?", (call_id,))
        return as_record(rows[0]) if rows else None

    async def mark_filed(self, call_id: str) -> None:
        sql = "INSERT INTO filed VALUES (?) ON CONFLICT DO NOTHING"
        await self._writer.write([Statement(sql, (call_id,))])

    async def unfiled(self) -> list[str]:
        sql = (
            "SELECT call_id FROM call WHERE ended_s IS NOT NULL "
            "AND call_id NOT IN (SELECT call_id FROM filed) ORDER BY began_s"
        )
        return [str(row[0]) for row in await self._read(sql, ())]

    async def forget(self, before_s: float) -> int:
        sql = "SELECT call_id FROM call JOIN filed USING (call_id) WHERE ended_s < ?"
        rows = await self._read(sql, (before_s,))
        await self._writer.write(
            [
                Statement(f"DELETE FROM {table} WHERE call_id = ?", tuple(row))
                for row in rows
                for table in ("event", "filed", "call")
            ]
            + self._of_no_use()
        )
        return len(rows)

    def _of_no_use(self) -> list[Statement]:
        """What nothing asks for any more goes with every `forget`: a server may run for a year."""
        return [Statement("DELETE FROM spent_token WHERE expires_s < ?", (time.time(),))]

    async def probe(self) -> None:
        sql = (
            "INSERT INTO spent_token VALUES ('', '', ?) "
            "ON CONFLICT (jti) DO UPDATE SET expires_s = excluded.expires_s"
        )
        await self._writer.write([Statement(sql, (time.time(),))])

    @property
    def dead(self) -> str | None:
        return self._writer.dead

    def close(self) -> None:
        self._writer.close()


def appending(entries: Sequence[LogEntry], checkpoint: str) -> list[Statement]:
    sql = f"INSERT INTO event({EVENT}) VALUES (?, ?, ?, ?, ?, ?)"
    statements = [
        Statement(sql, (e.call_id, e.seq, e.type, e.slot, int(e.supervisor), e.body))
        for e in entries
    ]
    if checkpoint and entries:
        sql = (
            "INSERT INTO checkpoint VALUES (?, ?) "
            "ON CONFLICT (call_id) DO UPDATE SET body = excluded.body"
        )
        statements.append(Statement(sql, (entries[-1].call_id, checkpoint)))
    return statements


def ending(call_id: str) -> list[Statement]:
    return [
        Statement("UPDATE call SET ended_s = ? WHERE call_id = ?", (time.time(), call_id)),
        Statement("DELETE FROM event WHERE call_id = ? AND slot <> ''", (call_id,)),
        Statement("DELETE FROM checkpoint WHERE call_id = ?", (call_id,)),
    ]


def as_record(row: Any) -> LoggedCall:
    return LoggedCall(call_id=row[0], began_s=row[1], ended_s=row[2], details=json.loads(row[3]))


def as_entry(row: Any) -> LogEntry:
    return LogEntry(
        call_id=row[0],
        seq=row[1],
        type=row[2],
        slot=row[3],
        supervisor=bool(row[4]),
        body=row[5],
    )
