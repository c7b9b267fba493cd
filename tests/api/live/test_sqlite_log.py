"""The log that is written before anyone is told."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.live.event_log import LogEntry
from api.live.interrupted import end_interrupted
from api.live.sqlite_log import SqliteEventLog
from qa_engine.errors import QAError


def entry(seq: int, *, call: str = "a", kind: str = "utterance", slot: str = "") -> LogEntry:
    body = f'{{"type":"{kind}","seq":{seq},"at_ms":{seq * 100}}}'
    return LogEntry(call_id=call, seq=seq, type=kind, body=body, slot=slot)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteEventLog]:
    kept = SqliteEventLog(tmp_path / "live.sqlite")
    yield kept
    kept.close()


def test_what_was_appended_is_read_back_in_order(log: SqliteEventLog) -> None:
    async def scenario() -> list[LogEntry]:
        await log.open_call("a", {"agent": "1001"})
        await asyncio.gather(*(log.append([entry(n)]) for n in range(1, 50)))
        return await log.entries("a", after_seq=40)

    assert [one.seq for one in asyncio.run(scenario())] == list(range(41, 50))


def test_after_append_returns_another_process_would_see_it(
    log: SqliteEventLog, tmp_path: Path
) -> None:
    asyncio.run(log.append([entry(1)]))
    with sqlite3.connect(tmp_path / "live.sqlite") as other:
        assert other.execute("SELECT count(*) FROM event").fetchone() == (1,)
    other.close()


def test_partials_are_pruned_when_the_call_ends(log: SqliteEventLog) -> None:
    async def scenario() -> list[LogEntry]:
        await log.open_call("a", {})
        await log.append([entry(1, slot="u1"), entry(2, slot="u1"), entry(3)])
        await log.end_call("a")
        return await log.entries("a")

    assert [one.seq for one in asyncio.run(scenario())] == [3]


def test_one_entry_that_cannot_be_kept_does_not_take_the_others_along(log: SqliteEventLog) -> None:
    async def scenario() -> list[object]:
        await log.append([entry(1)])
        work = [log.append([entry(1)]), log.append([entry(2)]), log.append([entry(3, call="b")])]
        return list(await asyncio.gather(*work, return_exceptions=True))

    first, second, third = asyncio.run(scenario())
    assert isinstance(first, sqlite3.IntegrityError)
    assert (second, third) == (None, None)


def test_a_token_is_spent_on_the_first_call_that_shows_it(log: SqliteEventLog) -> None:
    async def scenario() -> list[str]:
        return [await log.spend("jti", call, 2e9) for call in ("a", "b", "a")]

    assert asyncio.run(scenario()) == ["a", "a", "a"]


def test_a_call_that_cannot_go_on_ends_where_its_log_ends(log: SqliteEventLog) -> None:
    async def scenario() -> list[LogEntry]:
        await log.open_call("a", {})
        await log.append([entry(1, kind="opened"), entry(2)])
        await end_interrupted(log, "a")
        await end_interrupted(log, "a")
        assert await log.running() == []
        return await log.entries("a")

    entries = asyncio.run(scenario())
    assert [one.type for one in entries] == ["opened", "utterance", "ended"]
    assert '"reason":"server_restarted"' in entries[-1].body
    assert '"at_ms":200' in entries[-1].body


def test_a_checkpoint_is_of_the_newest_message_and_goes_with_the_end(log: SqliteEventLog) -> None:
    async def scenario() -> list[str]:
        await log.open_call("a", {})
        seen = [await log.checkpoint("a")]
        await log.append([entry(1)], "one")
        await log.append([entry(2)], "two")
        seen.append(await log.checkpoint("a"))
        assert [record.call_id for record in await log.running()] == ["a"]
        await log.end_call("a")
        return [*seen, await log.checkpoint("a")]

    assert asyncio.run(scenario()) == ["", "two", ""]


def test_the_newest_calls_are_listed_first(log: SqliteEventLog) -> None:
    async def scenario() -> list[str]:
        for name in "abc":
            await log.open_call(name, {"agent": name})
        return [record.call_id for record in await log.calls(limit=2)]

    assert asyncio.run(scenario()) == ["c", "b"]


def test_the_file_tells_its_layout_and_a_newer_one_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "live.sqlite"
    SqliteEventLog(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        connection.execute("PRAGMA user_version = 3")
    with pytest.raises(QAError, match="newer qa-engine"):
        SqliteEventLog(path)
