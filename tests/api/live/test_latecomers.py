"""Whoever joins a call while it is being written down, or while it ends, misses nothing of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from api.live.event_log import LogEntry
from tests.api.live.servers import (
    Json,
    Server,
    close_stream,
    feeding,
    next_message,
    of,
    play,
    running,
    settings_for,
    until,
)
from tests.api.live.speech import scripted_hearing
from tests.api.live.test_faults import AUDIO, SECOND


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("latecomers")
    with running(settings_for(folder, resume_s=20.0), scripted_hearing(folder)) as up:
        yield up


def test_what_is_written_while_a_latecomer_reads_is_told_once_and_in_order(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls, log = server.calls, server.calls.log
    entries, append = log.entries, log.append
    written, waiting, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def read(call_id: str, after_seq: int = 0) -> list[LogEntry]:
        """While the log is read one more message is written, and another waits to be."""
        monkeypatch.setattr(log, "entries", entries)
        kept = await entries(call_id, after_seq)
        call = calls.find(call_id)
        assert call is not None
        calls.do(call, call.live.notice("first", ""))
        await written.wait()
        calls.do(call, call.live.notice("second", ""))
        await waiting.wait()
        server.loop.call_soon(go_on.set)
        return kept

    async def write(told: Sequence[LogEntry], checkpoint: str = "") -> None:
        if any('"second"' in entry.body for entry in told):
            waiting.set()
            await go_on.wait()
        await append(told, checkpoint)
        if any('"first"' in entry.body for entry in told):
            server.loop.call_soon(written.set)

    async def scenario() -> list[Json]:
        async with feeding(server, "busy") as feeder:
            await play(feeder, AUDIO[: 2 * SECOND])
            await until(feeder, "received")
        monkeypatch.setattr(log, "entries", read)
        monkeypatch.setattr(log, "append", write)
        async with feeding(server, "busy", "&resume=true&events=true") as feeder:
            return [await next_message(feeder), *await close_stream(feeder)]

    told = [m for m in asyncio.run(scenario()) if m["type"] not in ("listening", "received")]
    assert [m["code"] for m in of(told, "notice")] == ["first", "second"]
    numbers = [message["seq"] for message in told]
    assert numbers == sorted(set(numbers))
    assert told[0]["type"] == "opened"


@pytest.mark.parametrize("events", [True, False])
def test_a_feeder_whose_call_ends_while_it_comes_back_is_told_how(
    server: Server, monkeypatch: pytest.MonkeyPatch, events: bool
) -> None:
    spend, over = server.calls.log.spend, asyncio.Event()

    async def slowly(jti: str, call_id: str, expires_s: float) -> str:
        found = await spend(jti, call_id, expires_s)
        call = server.calls.find(call_id)
        assert call is not None
        server.calls.close(call, "closed")
        await call.published.wait()
        over.set()
        return found

    async def scenario() -> tuple[list[Json], int]:
        name = f"ends-{events}"
        async with feeding(server, name) as feeder:
            await play(feeder, AUDIO[: 2 * SECOND])
            await until(feeder, "received")
        monkeypatch.setattr(server.calls.log, "spend", slowly)
        more = "&resume=true" + "&events=true" * events
        async with feeding(server, name, more) as feeder:
            return await until(feeder, "ended"), await closing(feeder)

    told, code = asyncio.run(scenario())
    assert over.is_set()
    assert told[-1]["reason"] == "closed"
    assert code == 1000


async def closing(socket: ClientConnection) -> int:
    """The code that the server closes with; 1006 where it only goes away."""
    with pytest.raises(ConnectionClosed) as closed:
        await asyncio.wait_for(socket.recv(), 20)
    return closed.value.rcvd.code if closed.value.rcvd else 1006
