"""The file of the log: what a connection leaves behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from api.live.log_tables import connected


def test_at_the_end_of_a_block_what_was_written_is_kept_and_the_connection_closed(
    tmp_path: Path,
) -> None:
    path = tmp_path / "live.db"
    with connected(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
        connection.execute("INSERT INTO notes VALUES ('here')")

    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")
    with connected(path) as again:
        assert again.execute("SELECT text FROM notes").fetchall() == [("here",)]


def test_it_is_closed_although_the_block_failed(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="half way"),
        connected(tmp_path / "live.db") as connection,
    ):
        raise ValueError("half way")

    with pytest.raises(sqlite3.ProgrammingError):
        connection.execute("SELECT 1")


def test_what_is_forgotten_is_overwritten_and_what_is_written_waits_for_the_disk(
    tmp_path: Path,
) -> None:
    with connected(tmp_path / "live.db") as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1)):
            assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,)
