"""A filed call's plain words leave the log; one that could not be filed is kept and tried again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from api.live.event_log import LogEntry
from api.live.filing import Filing
from api.live.sqlite_log import SqliteEventLog
from qa_engine.report import Report
from tests.qa_engine.report.sample import sample_report

SAID = "我的电话是一三八零零一三八零零零"


class Reporter:
    def report(self, call_id: str, entries: Sequence[LogEntry]) -> Report:
        return replace(sample_report(), call=replace(sample_report().call, id=call_id))


class Cabinet:
    """An archive that fails `broken` times."""

    def __init__(self, *, broken: int = 0) -> None:
        self.broken = broken
        self.kept: list[str] = []

    def keep(self, report: Report, details: Mapping[str, str], began_s: float) -> None:
        if self.broken:
            self.broken -= 1
            raise OSError("disk full")
        self.kept.append(report.call.id)

    def flag(self, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
        raise AssertionError("nothing was called not right")


async def told(log: SqliteEventLog, call_id: str, *, ended: bool = True) -> None:
    await log.open_call(call_id, {})
    body = f'{{"type":"utterance","at_ms":100,"text":"{SAID}"}}'
    await log.append([LogEntry(call_id=call_id, seq=1, type="utterance", body=body)])
    if ended:
        await log.end_call(call_id)


def test_what_is_forgotten_cannot_be_read_from_the_file_any_more(tmp_path: Path) -> None:
    path = tmp_path / "live.sqlite"
    log = SqliteEventLog(path)

    async def scenario() -> int:
        filing = Filing(log, Reporter(), Cabinet())
        await told(log, "a")
        await filing.keep("a")
        assert await filing.forget(days=7) == 0
        assert await log.entries("a")
        return await filing.forget(days=0)

    assert asyncio.run(scenario()) == 1
    log.close()
    assert SAID.encode() not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_call_that_the_store_does_not_take_is_tried_again_until_it_does(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = SqliteEventLog(tmp_path / "live.sqlite")
    cabinet = Cabinet(broken=3)
    waiting: list[int] = []

    async def scenario() -> None:
        filing = Filing(log, Reporter(), cabinet, waiting=waiting.append)
        await told(log, "before the start")
        work = asyncio.create_task(filing.run(first_retry_s=0.01))
        await told(log, "a")
        filing.soon("a")
        async with asyncio.timeout(20):
            while sorted(cabinet.kept) != ["a", "before the start"]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            while waiting[-1]:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        work.cancel()
        assert await log.unfiled() == []
        assert await filing.forget(days=0) == 2

    asyncio.run(scenario())
    log.close()
    assert max(waiting) == 2
    assert SAID not in caplog.text


def test_a_call_that_is_not_filed_is_not_forgotten(tmp_path: Path) -> None:
    log = SqliteEventLog(tmp_path / "live.sqlite")

    async def scenario() -> tuple[bool, int]:
        filing = Filing(log, Reporter(), Cabinet(broken=9))
        await told(log, "a")
        return await filing.keep("a"), await filing.forget(days=0)

    assert asyncio.run(scenario()) == (False, 0)
    log.close()


def test_without_an_archive_nothing_is_forgotten(tmp_path: Path) -> None:
    log = SqliteEventLog(tmp_path / "live.sqlite")

    async def scenario() -> int:
        filing = Filing(log, Reporter(), None)
        await told(log, "a")
        await filing.keep("a")
        return await filing.forget(days=0)

    assert asyncio.run(scenario()) == 0
    log.close()
