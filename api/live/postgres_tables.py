"""The PostgreSQL tables of the log of live calls, in a schema of their own, and their connections.

Beside what one server needs, each running call has the `server` it is at, and each server is here
as long as it is `seen`. The sound of a call that is heard later lies on one machine's disk: such a
call has a `place`, and goes on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from api.store.opening import connect
from qa_engine.errors import QAError

SCHEMA_NAME = "qa_live"
SCHEMA = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA_NAME};
CREATE TABLE IF NOT EXISTS layout (version INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS server (
    id TEXT PRIMARY KEY, place TEXT NOT NULL, seen_at TIMESTAMPTZ NOT NULL DEFAULT now());
CREATE TABLE IF NOT EXISTS call (
    call_id TEXT PRIMARY KEY, began_s DOUBLE PRECISION NOT NULL, ended_s DOUBLE PRECISION,
    details TEXT NOT NULL, server TEXT, place TEXT);
CREATE INDEX IF NOT EXISTS call_running ON call (server) WHERE ended_s IS NULL;
CREATE TABLE IF NOT EXISTS event (
    call_id TEXT NOT NULL, seq INTEGER NOT NULL, type TEXT NOT NULL, slot TEXT NOT NULL,
    supervisor INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (call_id, seq));
CREATE TABLE IF NOT EXISTS spent_token (
    jti TEXT PRIMARY KEY, call_id TEXT NOT NULL, expires_s DOUBLE PRECISION NOT NULL);
CREATE TABLE IF NOT EXISTS checkpoint (call_id TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS filed (call_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS line (
    call_id TEXT PRIMARY KEY, server TEXT NOT NULL, body TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL DEFAULT now());
"""
LAYOUT = 1
"""Raised with every change of `SCHEMA`, together with the step that leads there."""
_PREPARING = 7_261_005
"""The advisory lock of whoever makes the tables: several servers may start at once."""


def opened(url: str) -> Engine:
    """The database with its tables. Raises `StoreError` and, for a newer layout, `QAError`."""
    engine = connect(url)
    event.listen(engine, "connect", _in_schema)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_PREPARING})")
        connection.exec_driver_sql(SCHEMA)
        version = connection.exec_driver_sql("SELECT version FROM layout").scalar()
        if version is None:
            connection.exec_driver_sql(f"INSERT INTO layout VALUES ({LAYOUT})")
        elif version > LAYOUT:
            raise QAError(
                f"live_log: a newer qa-engine made this log (layout {version}, this one knows "
                f"{LAYOUT}); start the newer one on all machines"
            )
    return engine


def _in_schema(connection: Any, _record: Any) -> None:
    connection.execute(f"SET search_path TO {SCHEMA_NAME}")
    connection.commit()


class PostgresConnection:
    """SQL with question marks, as the log writes it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, sql: str, values: Sequence[Any]) -> Any:
        return self.connection.exec_driver_sql(sql.replace("?", "%s"), tuple(values))


class PostgresDatabase:
    """What the writing thread needs: a connection that comes back after it broke."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def connected(self) -> Iterator[PostgresConnection]:
        with self._engine.connect() as connection:
            yield PostgresConnection(connection)

    def transaction(self, connection: PostgresConnection) -> AbstractContextManager[object]:
        return connection.connection.begin()

    def passes(self, error: Exception) -> bool:
        """The server is away, restarts, or is full."""
        broken = isinstance(error, DBAPIError) and error.connection_invalidated
        return broken or isinstance(error, OperationalError | InterfaceError | OSError)
