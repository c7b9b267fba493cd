"""The one thread that writes the log of live calls.

Appends of all calls that come while one commit runs go into the next (group commit), so that the
price of a disk flush is shared.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from api.live.event_log import CallMoved, LogDead, LogUnavailable

MAX_COMMIT = 2_000

log = logging.getLogger("qa_engine.event_log")


class Statement(NamedTuple):
    """SQL, and the values of its placeholders (question marks)."""

    sql: str
    values: Sequence[Any]
    owner: bool = False
    """Touches the call that this server has: where it touches nothing, another one has it."""


class Database(Protocol):
    """Where the thread writes."""

    def connected(self) -> AbstractContextManager[Any]:
        """A connection with `execute(sql, values)`."""

    def transaction(self, connection: Any) -> AbstractContextManager[object]:
        """What is executed within is kept, all of it or nothing."""

    def passes(self, error: Exception) -> bool:
        """Whether the same may work later. Other errors are ours."""


@dataclass(slots=True)
class _Write:
    statements: list[Statement]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop


class LogWriter:
    """See the module. Writes from any event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
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
        """However the thread ends, all who wait for it are told."""
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
        with self._database.connected() as connection:
            while (batch := self._next_batch()) is not None:
                try:
                    self._commit(connection, batch)
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

    def _commit(self, connection: Any, batch: list[_Write]) -> None:
        error = self._kept(connection, batch)
        if error is None or len(batch) == 1:
            _settle(batch, error)
            return
        # A write that cannot be kept must not take its neighbours with it.
        for write in batch:
            _settle([write], self._kept(connection, [write]))

    def _kept(self, connection: Any, batch: Iterable[_Write]) -> Exception | None:
        """Why nothing of it is on disk, or None."""
        try:
            with self._database.transaction(connection):
                for write in batch:
                    _execute(connection, write.statements)
        except Exception as error:
            if self._database.passes(error):
                return LogUnavailable(f"the log of live calls cannot be written ({error})")
            return error
        return None


def _execute(connection: Any, statements: list[Statement]) -> None:
    for one in statements:
        done = connection.execute(one.sql, one.values)
        if one.owner and done.rowcount != 1:
            raise CallMoved


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
