"""The log of live calls in one SQLite file, append-only while a call runs.

Appends of all calls that come while one commit runs go into the next (group commit), so that the
price of a disk flush is shared. Partial texts are pruned when their call ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.live.event_log import LogDead, LogEntry, LoggedCall, LogUnavailable
from api.private_files import private_file, private_folder
from qa_engine.errors import QAError

SCHEMA = """
CREATE TABLE IF NOT EXISTS call (
    call_id TEXT PRIMARY KEY, began_s REAL NOT NULL, ended_s REAL, details TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
    call_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, slot TEXT NOT NULL,
    supervisor INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (call_id, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS spent_token (
    jti TEXT PRIMARY KEY, call_id TEXT NOT NULL, expires_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoint (call_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS filed (call_id TEXT PRIMARY KEY);
"""
SCHEMA_VERSION = 2
"""Raised with every change of `SCHEMA`, together with the step that leads there."""
MAX_COMMIT = 2_000

log = logging.getLogger("qa_engine.event_log")


@dataclass(slots=True)
class _Write:
    statements: list[tuple[str, Sequence[Any]]]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class SqliteEventLog:
    """`EventLog` in one file. `path` may be `:memory:` for tests without a restart."""

    def __init__(self, path: Path) -> None:
        private_folder(path.parent)
        self._path = private_file(path)
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        with _connected(path) as connection:
            _prepare(connection, path)
            connection.execute("DELETE FROM spent_token WHERE expires_s < ?", (time.time(),))
        self._dead: str | None = None
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    async def open_call(self, call_id: str, details: dict[str, str]) -> None:
        row = (call_id, time.time(), json.dumps(details, ensure_ascii=False))
        await self._write([("INSERT INTO call(call_id, began_s, details) VALUES (?, ?, ?)", row)])

    async def append(self, entries: Sequence[LogEntry], checkpoint: str = "") -> None:
        sql = (
            "INSERT INTO event(call_id, seq, type, slot, supervisor, body) "
            "VALUES (?, ?, ?, ?, ?, ?)"
        )
        rows = [(e.call_id, e.seq, e.type, e.slot, e.supervisor, e.body) for e in entries]
        statements: list[tuple[str, Sequence[Any]]] = [(sql, row) for row in rows]
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
        return self._dead

    def close(self) -> None:
        self._writes.put(None)
        self._thread.join(10.0)

    async def _write(self, statements: list[tuple[str, Sequence[Any]]]) -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._closing:
            if self._dead is not None:
                raise LogDead(self._dead)
            self._writes.put(_Write(statements, done, loop))
        await done

    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        def read() -> list[Any]:
            with _connected(self._path) as connection:
                return connection.execute(sql, values).fetchall()

        return await asyncio.to_thread(read)

    def _run(self) -> None:
        """Whatever ends the thread, nobody waits for it in vain."""
        reason = "the log of live calls is closed"
        try:
            self._write_all()
        except BaseException as error:
            log.critical("the thread that writes the log of live calls died", exc_info=True)
            reason = f"the log of live calls has died ({type(error).__name__})"
        with self._closing:
            self._dead = reason
            while not self._writes.empty():
                write = self._writes.get()
                if write is not None:
                    _settle([write], LogDead(reason))

    def _write_all(self) -> None:
        with _connected(self._path) as connection:
            while (batch := self._next_batch()) is not None:
                try:
                    _commit(connection, batch)
                except BaseException as error:
                    _settle(batch, LogDead(f"the log of live calls has died ({type(error)})"))
                    raise

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


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """The tables as this version knows them. Raises `QAError` for a newer version's file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise QAError(
            f"{path}: a newer qa-engine made this log (layout {version}, this one knows "
            f"{SCHEMA_VERSION}); start the newer one, or restore the backup from before it"
        )
    connection.executescript(SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _commit(connection: sqlite3.Connection, batch: list[_Write]) -> None:
    error: Exception | None = None
    try:
        with connection:
            for write in batch:
                _execute(connection, write.statements)
    except Exception as caught:
        error = _named(caught)
    if error is not None and len(batch) > 1:
        _one_by_one(connection, batch)
    else:
        _settle(batch, error)


def _one_by_one(connection: sqlite3.Connection, batch: Iterable[_Write]) -> None:
    """A write that cannot be kept must not take its neighbours with it."""
    for write in batch:
        error: Exception | None = None
        try:
            with connection:
                _execute(connection, write.statements)
        except Exception as caught:
            error = _named(caught)
        _settle([write], error)


def _named(error: Exception) -> Exception:
    """A full disk, a failing one, a lock held too long: these pass, other errors are ours."""
    if isinstance(error, sqlite3.OperationalError | OSError):
        return LogUnavailable(f"the log of live calls cannot be written ({error})")
    return error


def _execute(connection: sqlite3.Connection, statements: list[tuple[str, Sequence[Any]]]) -> None:
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


def _record(row: Any) -> LoggedCall:
    return LoggedCall(call_id=row[0], began_s=row[1], ended_s=row[2], details=json.loads(row[3]))


class _connected:
    """A connection that commits by itself and is closed at the end of the block."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=30.0)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        # What is forgotten must not stay readable in the file's free pages.
        self._connection.execute("PRAGMA secure_delete = ON")

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *caught: object) -> None:
        self._connection.commit()
        self._connection.close()
