"""What a call told, on disk before anyone is told: an append-only log in SQLite.

Appends of all calls that come while one commit runs go into the next (group commit), so that the
price of a disk flush is shared. Partial texts are pruned when their call ends.
"""

from __future__ import annotations

import asyncio
import json
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    call_id TEXT PRIMARY KEY, began_s REAL NOT NULL, ended_s REAL, details TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    call_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, slot TEXT NOT NULL,
    supervisor INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (call_id, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent_token (
    jti TEXT PRIMARY KEY, call_id TEXT NOT NULL, expires_s REAL NOT NULL);
"""
MAX_COMMIT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message of one call as it goes over the wire."""

    call_id: str
    seq: int
    type: str
    body: str
    slot: str = ""
    """Not empty: a passing state, which the next entry of the same slot replaces (a partial)."""
    supervisor: bool = False
    """Not for the agent's eyes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call the log knows. Times are Unix seconds; `ended_s` is None for one that never ended."""

    call_id: str
    began_s: float
    ended_s: float | None
    details: dict[str, str]


class EventLog(Protocol):
    """The narrow door to whatever keeps calls."""

    async def open_call(self, call_id: str, details: dict[str, str]) -> None: ...

    async def append(self, entries: Sequence[Entry]) -> None:
        """Returns when the entries would survive a crash."""

    async def end_call(self, call_id: str) -> None: ...

    async def spend(self, jti: str, call_id: str, expires_s: float) -> str:
        """The call this token opened: `call_id`, or another one if it was used before."""

    async def entries(self, call_id: str, after_seq: int = 0) -> list[Entry]: ...

    async def calls(self, *, limit: int = 500) -> list[CallRecord]: ...

    async def call(self, call_id: str) -> CallRecord | None: ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Write:
    statements: list[tuple[str, Sequence[Any]]]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class SqliteEventLog:
    """`EventLog` in one file. `path` may be `:memory:` for tests without a restart."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        with _connected(path) as connection:
            connection.executescript(SCHEMA)
            connection.execute("DELETE FROM spent_token WHERE expires_s < ?", (time.time(),))
        self._thread = threading.Thread(target=self._write_all, name="event-log", daemon=True)
        self._thread.start()

    async def open_call(self, call_id: str, details: dict[str, str]) -> None:
        row = (call_id, time.time(), json.dumps(details, ensure_ascii=False))
        await self._write([("INSERT INTO call(call_id, began_s, details) VALUES (?, ?, ?)", row)])

    async def append(self, entries: Sequence[Entry]) -> None:
        sql = (
            "INSERT INTO event(call_id, seq, type, slot, supervisor, body) "
            "VALUES (?, ?, ?, ?, ?, ?)"
        )
        rows = [(e.call_id, e.seq, e.type, e.slot, e.supervisor, e.body) for e in entries]
        await self._write([(sql, row) for row in rows])

    async def end_call(self, call_id: str) -> None:
        await self._write(
            [
                ("UPDATE call SET ended_s = ? WHERE call_id = ?", (time.time(), call_id)),
                ("DELETE FROM event WHERE call_id = ? AND slot <> ''", (call_id,)),
            ]
        )

    async def spend(self, jti: str, call_id: str, expires_s: float) -> str:
        row = (jti, call_id, expires_s)
        await self._write([("INSERT OR IGNORE INTO spent_token VALUES (?, ?, ?)", row)])
        rows = await self._read("SELECT call_id FROM spent_token WHERE jti = ?", (jti,))
        return str(rows[0][0])

    async def entries(self, call_id: str, after_seq: int = 0) -> list[Entry]:
        sql = (
            "SELECT call_id, seq, type, slot, supervisor, body FROM event "
            "WHERE call_id = ? AND seq > ? ORDER BY seq"
        )
        rows = await self._read(sql, (call_id, after_seq))
        return [
            Entry(
                call_id=row[0],
                seq=row[1],
                type=row[2],
                slot=row[3],
                supervisor=bool(row[4]),
                body=row[5],
            )
            for row in rows
        ]

    async def calls(self, *, limit: int = 500) -> list[CallRecord]:
        sql = "SELECT call_id, began_s, ended_s, details FROM call ORDER BY began_s DESC LIMIT ?"
        return [_record(row) for row in await self._read(sql, (limit,))]

    async def call(self, call_id: str) -> CallRecord | None:
        sql = "SELECT call_id, began_s, ended_s, details FROM call WHERE call_id = ?"
        rows = await self._read(sql, (call_id,))
        return _record(rows[0]) if rows else None

    def close(self) -> None:
        self._writes.put(None)
        self._thread.join(10.0)

    async def _write(self, statements: list[tuple[str, Sequence[Any]]]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._writes.put(_Write(statements, done, loop))
        await done

    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        def read() -> list[Any]:
            with _connected(self._path) as connection:
                return connection.execute(sql, values).fetchall()

        return await asyncio.to_thread(read)

    def _write_all(self) -> None:
        with _connected(self._path) as connection:
            while (batch := self._next_batch()) is not None:
                error: Exception | None = None
                try:
                    with connection:
                        for write in batch:
                            _run(connection, write.statements)
                except sqlite3.Error as caught:
                    error = caught
                if error is not None and len(batch) > 1:
                    _one_by_one(connection, batch)
                else:
                    _settle(batch, error)

    def _next_batch(self) -> list[_Write] | None:
        batch: list[_Write] = []
        item = self._writes.get()
        while item is not None:
            batch.append(item)
            if len(batch) == MAX_COMMIT or self._writes.empty():
                return batch
            item = self._writes.get()
        if batch:
            self._writes.put(None)
            return batch
        return None


def _one_by_one(connection: sqlite3.Connection, batch: Iterable[_Write]) -> None:
    """A write that cannot be kept must not take its neighbours with it."""
    for write in batch:
        error: Exception | None = None
        try:
            with connection:
                _run(connection, write.statements)
        except sqlite3.Error as caught:
            error = caught
        _settle([write], error)


def _run(connection: sqlite3.Connection, statements: list[tuple[str, Sequence[Any]]]) -> None:
    for sql, values in statements:
        connection.execute(sql, values)


def _settle(batch: Iterable[_Write], error: Exception | None) -> None:
    for write in batch:
        try:
            write.loop.call_soon_threadsafe(_resolve, write.done, error)
        except RuntimeError:  # the loop is gone, and with it whoever waited
            continue


def _resolve(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)


def _record(row: Any) -> CallRecord:
    return CallRecord(call_id=row[0], began_s=row[1], ended_s=row[2], details=json.loads(row[3]))


class _connected:
    """A connection that commits by itself and is closed at the end of the block."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=30.0)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *caught: object) -> None:
        self._connection.commit()
        self._connection.close()
