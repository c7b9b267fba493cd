"""While nothing can be written calls go on in memory, and everybody knows."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path

import httpx
import pytest

from api.auth import Right
from api.live import log_writer
from tests.api.live.servers import (
    Json,
    Server,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
    wait_for,
    watching,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_restart import AUDIO, CALL


class Disk:
    """Full while it is told to be; the one that `log_writer` writes to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = threading.Event()
        execute = log_writer._execute

        def write(connection: sqlite3.Connection, statements: object) -> None:
            if self.full.is_set():
                raise sqlite3.OperationalError("database or disk is full")
            execute(connection, statements)  # type: ignore[arg-type]

        monkeypatch.setattr(log_writer, "_execute", write)


def kept(server: Server, call_id: str) -> list[Json]:
    headers = server.bearer("*", Right.SUPERVISE)
    answer = httpx.get(f"{server.http}/v1/calls/{call_id}", headers=headers)
    return answer.json()


def ready(server: Server) -> Json:
    return httpx.get(f"{server.http}/readyz").json()


def test_a_call_goes_on_in_memory_and_is_written_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)

    async def scenario() -> list[Json]:
        async with watching(server, "a") as watcher, feeding(server, "a") as feeder:
            told = await until(watcher, "opened")
            disk.full.set()
            await play(feeder, AUDIO)
            told += await until(watcher, "notice")
            while len([m for m in of(told, "utterance") if m["utterance"]["is_final"]]) < len(CALL):
                told += await until(watcher, "utterance")
            assert "full" in ready(server)["reason"]
            async with feeding(server, "b") as other:
                refused = (await until(other, "refusal"))[-1]
            assert (refused["code"], "full" in refused["reason"]) == ("overloaded", True)
            disk.full.clear()
            told += await until(watcher, "notice")
            await feeder.send('{"type": "CloseStream"}')
            return told + await until(watcher, "ended")

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        told = asyncio.run(scenario())
        wait_for(lambda: ready(server)["status"] == "ready")
        wait_for(lambda: kept(server, "a")[-1]["type"] == "ended")
        log = kept(server, "a")
    assert [m["code"] for m in of(told, "notice")] == ["not_kept", "kept_again"]
    assert "600 s" in of(told, "notice")[0]["text"]
    assert told[-1]["reason"] == "closed"
    finals = [m for m in told if m["type"] != "utterance" or m["utterance"]["is_final"]]
    assert [m for m in log if m["seq"] in {one["seq"] for one in finals}] == finals


def test_one_who_comes_while_nothing_is_written_is_told_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)

    async def scenario() -> list[Json]:
        async with watching(server, "a") as watcher, feeding(server, "a") as feeder:
            await until(watcher, "opened")
            disk.full.set()
            await play(feeder, AUDIO)
            told = await until(watcher, "notice")
            async with watching(server, "a") as late:
                again = await until(late, "notice")
            assert [m["seq"] for m in again] == list(range(1, len(again) + 1))
            # One who watches may be spared a partial that the next one replaces.
            assert [m for m in again if m in told] == told
            disk.full.clear()
            return told

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        asyncio.run(scenario())


def test_a_call_that_cannot_be_written_for_too_long_ends_as_failed_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)

    async def scenario() -> list[Json]:
        async with watching(server, "a") as watcher, feeding(server, "a") as feeder:
            await until(watcher, "opened")
            disk.full.set()
            await feeder.send('{"type": "Finalize"}')
            await play(feeder, AUDIO)
            return await until(watcher, "ended")

    settings = settings_for(tmp_path, memory_s=0.5, stats_s=0.2)
    with running(settings, scripted_hearing(tmp_path)) as server:
        told = asyncio.run(scenario())
        disk.full.clear()
        wait_for(lambda: server.calls.find("a") is None)
        wait_for(lambda: ready(server)["status"] == "ready")
    assert told[-1]["reason"] == "failed"


def test_a_call_that_ends_meanwhile_ends_for_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)

    async def scenario() -> Json:
        async with feeding(server, "a") as feeder:
            await next_message(feeder)
            disk.full.set()
            await play(feeder, AUDIO)
            await feeder.send('{"type": "CloseStream"}')
            ended = (await until(feeder, "ended"))[-1]
            disk.full.clear()
            return ended

    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        ended = asyncio.run(scenario())
        wait_for(lambda: server.calls.find("a") is None)
        assert kept(server, "a")[-1] == ended
    assert ended["reason"] == "closed"
