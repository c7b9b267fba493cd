"""The SQLite tables of the log of live calls, and a connection to them."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

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


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """The tables as this version knows them. Raises `QAError` for a newer version's file."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise QAError(
            f"{path}: a newer qa-engine made this log (layout {version}, this one knows "
            f"{SCHEMA_VERSION}); start the newer one, or restore the backup from before it"
        )
    connection.executescript(SCHEMA)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


class SqliteDatabase:
    """What the writing thread needs of the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def connected(self) -> connected:
        return connected(self._path)

    def transaction(self, connection: sqlite3.Connection) -> AbstractContextManager[object]:
        return connection

    def passes(self, error: Exception) -> bool:
        """A full disk, a failing one, a lock held too long."""
        return isinstance(error, sqlite3.OperationalError | OSError)


class connected:
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
