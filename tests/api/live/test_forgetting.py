"""A server that runs for a year keeps nothing that nobody asks for any more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.live.log_writer import Statement
from api.live.postgres_log import PostgresEventLog
from api.live.sql_log import SqlEventLog
from api.live.sqlite_log import SqliteEventLog

CALLS = 20


@pytest.fixture(params=["sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlEventLog]:
    kept: SqlEventLog
    if request.param == "sqlite":
        kept = SqliteEventLog(tmp_path / "live.sqlite")
    else:
        kept = PostgresEventLog(request.getfixturevalue("postgres_database"), "here")
    yield kept
    kept.close()


def rows(log: SqlEventLog, table: str) -> int:
    return int(asyncio.run(log._read(f"SELECT count(*) FROM {table}", ()))[0][0])


def test_of_filed_calls_and_spent_tokens_nothing_is_left(log: SqlEventLog) -> None:
    """Without a restart: tokens that still count stay, as do calls that are not filed."""

    async def scenario() -> None:
        for number in range(CALLS):
            call_id = f"c{number}"
            await log.spend(f"old {number}", call_id, time.time() - 1)
            await log.open_call(call_id, {})
            await log.end_call(call_id)
            await log.mark_filed(call_id)
        await log.spend("still good", "c", time.time() + 600)
        await log.open_call("not filed", {})
        await log.end_call("not filed")
        assert await log.forget(time.time() + 1) == CALLS

    asyncio.run(scenario())
    assert [rows(log, table) for table in ("spent_token", "call", "filed")] == [1, 1, 0]
    assert rows(log, "event") == rows(log, "checkpoint") == 0


def test_what_servers_shared_is_gone_after_a_day(postgres_database: str) -> None:
    log = PostgresEventLog(postgres_database, "here")
    yesterday = "now() - interval '25 hours'"
    lines = [
        Statement("INSERT INTO line VALUES (?, ?, ?)", ("c", "gone", "{}")),
        Statement(f"UPDATE line SET at = {yesterday}", ()),
        Statement(f"INSERT INTO server VALUES ('gone', 'there', {yesterday})", ()),
    ]

    async def scenario() -> None:
        await log._writer.write(lines)
        await log.forget(0.0)

    asyncio.run(scenario())
    assert (rows(log, "line"), rows(log, "server")) == (0, 1)
    log.close()
