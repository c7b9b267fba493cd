"""The one thread that writes the log of live calls.

Appends of all calls that come while one commit runs go into the next (group commit), so that the
price of a disk flush is shared.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.live.event_log import LogDead, LogUnavailable
from api.live.log_tables import connected

Statement = tuple[str, Sequence[Any]]
"""SQL, and the values of its placeholders."""
MAX_COMMIT = 2_000

log = logging.getLogger("qa_engine.event_log")


@dataclass(slots=True)
class _Write:
    statements: list[Statement]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class LogWriter:
    """See the module. Writes from any event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._dead: str | None = None
        self._closing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="event-log", daemon=True)
        self._thread.start()

    @property
    def dead(self) -> str | None:
        """Why nothing will be written any more, or None."""
        return self._dead

    def close(self) -> None:
        """Write what waits, and end."""
        self._writes.put(None)
        self._thread.join(10.0)

    async def write(self, statements: list[Statement]) -> None:
        """All of them or none, on disk when this returns.

        Raises `LogUnavailable` while the disk does not take it, `LogDead` when the thread is gone.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._closing:
            if self._dead is not None:
                raise LogDead(self._dead)
            self._writes.put(_Write(statements, done, loop))
        await done

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
        with connected(self._path) as connection:
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


def _execute(connection: sqlite3.Connection, statements: list[Statement]) -> None:
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
