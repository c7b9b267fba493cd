"""The log of live calls in PostgreSQL, which several servers share.

A running call is one server's. A server shows every few seconds that it lives; the calls of one
that does not are anybody's, and each write says which server it comes from, so that one which was
only away cannot write into a call that another has taken. What is written is told to the other
servers by NOTIFY.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import IntegrityError

from api.live.board_messages import CallTold
from api.live.event_log import CallKnown, LogEntry, LoggedCall
from api.live.log_writer import LogWriter, Statement
from api.live.postgres_tables import PostgresConnection, PostgresDatabase, opened
from api.live.sql_log import CALL, SqlEventLog, appending, as_record, ending

CHANNEL = "qa_live"
LEASE_S = 8.0
"""A server that was not seen for so long has no calls."""
_FREE = f"""
    (call.place IS NULL OR call.place = ?) AND (call.server IS NULL OR call.server <> ? AND
    NOT EXISTS (SELECT 1 FROM server WHERE server.id = call.server AND server.place <> ?
    AND server.seen_at > now() - interval '{LEASE_S} seconds'))
"""
"""No server has it: the one that did is gone, or was started from this directory before."""


class PostgresEventLog(SqlEventLog):
    """`EventLog` that other servers write and read as well."""

    def __init__(self, url: str, place: str) -> None:
        """`place`: the data directory, which has one server at a time.

        Raises `StoreError` and `QAError`.
        """
        self.server = f"{place}-{secrets.token_hex(4)}"
        self._place = place
        self.engine = opened(url)
        with self.engine.begin() as raw:
            connection = PostgresConnection(raw)
            connection.execute("INSERT INTO server VALUES (?, ?)", (self.server, place))
        super().__init__(LogWriter(PostgresDatabase(self.engine)))

    async def open_call(self, call_id: str, details: dict[str, str]) -> None:
        place = self._place if details.get("hearing") == "later" else None
        row = (call_id, time.time(), json.dumps(details, ensure_ascii=False), self.server, place)
        sql = "INSERT INTO call(call_id, began_s, details, server, place) VALUES (?, ?, ?, ?, ?)"
        try:
            await self._writer.write([Statement(sql, row)])
        except IntegrityError:
            raise CallKnown(call_id) from None

    async def append(self, entries: Sequence[LogEntry], checkpoint: str = "") -> None:
        if entries:
            call_id = entries[0].call_id
            alerts = [entry.seq for entry in entries if entry.type == "alert"]
            told = {"call": call_id, "from": entries[0].seq, "alerts": alerts}
            statements = appending(entries, checkpoint)
            await self._writer.write([self._own(call_id), *statements, self.telling("told", told)])

    async def end_call(self, call_id: str) -> None:
        await self._writer.write([self._own(call_id), *ending(call_id)])

    async def running(self) -> list[LoggedCall]:
        """Those that could go on here; `place` keeps the others where their sound is."""
        sql = f"SELECT {CALL} FROM call WHERE ended_s IS NULL AND (place IS NULL OR place = ?)"
        rows = await self._read(f"{sql} ORDER BY began_s", (self._place,))
        return [as_record(row) for row in rows]

    async def take_over(self, call_id: str = "") -> list[LoggedCall]:
        rows = await self._claimed("ended_s IS NULL AND ? IN ('', call_id)", call_id)
        return sorted(map(as_record, rows), key=lambda record: record.began_s)

    async def let_go(self, call_id: str) -> None:
        sql = "UPDATE call SET server = NULL WHERE call_id = ? AND server = ?"
        free = self.telling("free", {"call": call_id})
        await self._writer.write([Statement(sql, (call_id, self.server)), free])

    async def unfiled(self) -> list[str]:
        """Those that ended at this server, or at one that is gone."""
        open_ones = "ended_s IS NOT NULL AND call_id NOT IN (SELECT call_id FROM filed)"
        await self._claimed(f"{open_ones} AND ? = ''", "")
        sql = f"SELECT call_id FROM call WHERE {open_ones} AND server = ? ORDER BY began_s"
        return [str(row[0]) for row in await self._read(sql, (self.server,))]

    async def beat(self) -> None:
        """Show that this server lives."""
        sql = "INSERT INTO server VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET seen_at = now()"
        await self._writer.write([Statement(sql, (self.server, self._place))])

    async def leave(self) -> None:
        """Tell that this server stops, so that others take over at once."""
        await self._writer.write([Statement("DELETE FROM server WHERE id = ?", (self.server,))])

    def _of_no_use(self) -> list[Statement]:
        old = "now() - interval '1 day'"
        return [
            *super()._of_no_use(),
            Statement(f"DELETE FROM server WHERE seen_at < {old}", ()),
            Statement(f"DELETE FROM line WHERE at < {old}", ()),
        ]

    async def tell(self, kind: str, told: Mapping[str, Any]) -> None:
        """To all servers."""
        await self._writer.write([self.telling(kind, told)])

    async def show(self, lines: Iterable[CallTold]) -> None:
        """These lines of the board are this server's."""
        sql = (
            "INSERT INTO line VALUES (?, ?, ?) ON CONFLICT (call_id) DO UPDATE "
            "SET server = excluded.server, body = excluded.body, at = now()"
        )
        rows = [(line.call_id, self.server, line.wire()) for line in lines]
        statements = [Statement(sql, row) for row in rows]
        await self._writer.write([*statements, self.telling("lines", {})])

    async def shown(self, within_s: float) -> list[CallTold]:
        """The other servers' lines that changed within the last seconds."""
        sql = (
            "SELECT body FROM line WHERE server <> ? "
            "AND at > now() - make_interval(secs => ?) ORDER BY at"
        )
        rows = await self._read(sql, (self.server, within_s))
        return [CallTold.model_validate_json(row[0]) for row in rows]

    @contextmanager
    def listening(self, channel: str) -> Iterator[Callable[[float], Iterator[str]]]:
        """Gives what waits, for so many seconds, for news. Blocking; breaks with its connection."""
        pooled = self.engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()
        try:
            connection.autocommit = True
            connection.execute(f"LISTEN {channel}")
            yield lambda wait_s: (one.payload for one in connection.notifies(timeout=wait_s))
        finally:
            connection.close()

    def telling(self, kind: str, told: Mapping[str, Any]) -> Statement:
        said = json.dumps({"kind": kind, "server": self.server, **told})
        return Statement("SELECT pg_notify(?, ?)", (CHANNEL, said))

    def _own(self, call_id: str) -> Statement:
        """Fails where another server has the call by now; until the commit none can take it."""
        sql = "SELECT 1 FROM call WHERE call_id = ? AND server = ? FOR SHARE"
        return Statement(sql, (call_id, self.server), owner=True)

    async def _claimed(self, which: str, call_id: str) -> list[Any]:
        sql = f"UPDATE call SET server = ? WHERE {which} AND {_FREE} RETURNING {CALL}"
        values = (self.server, call_id, self._place, self.server, self._place)
        return await self._read(sql, values)

    async def _read(self, sql: str, values: Sequence[Any]) -> list[Any]:
        def read() -> list[Any]:
            with self.engine.begin() as connection:
                return [*PostgresConnection(connection).execute(sql, values).fetchall()]

        return await asyncio.to_thread(read)

    def close(self) -> None:
        super().close()
        self.engine.dispose()
