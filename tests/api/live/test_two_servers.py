"""Two server processes with one PostgreSQL: any of them serves any call, and one may die."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.auth import Right, Tokens
from api.live import postgres_log
from tests.api.live.servers import SECRET, Json, next_message, of, play, until, wait_for
from tests.api.live.test_restart import AUDIO, CALL, finals, free_port, is_final, is_kept, start

TOKENS = Tokens(SECRET)
SUPERVISOR = {"Authorization": f"Bearer {TOKENS.mint('*', Right.SUPERVISE)}"}


@dataclass
class Box:
    """One of the servers."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(60)

    def get(self, path: str) -> Any:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", headers=SUPERVISOR, timeout=30)

    def messages(self, call_id: str) -> list[Json]:
        told: list[Json] = self.get(f"/v1/calls/{call_id}").json()
        return told

    def socket(self, path: str, headers: dict[str, str] = SUPERVISOR) -> connect:
        url = f"ws://127.0.0.1:{self.port}{path}"
        return connect(url, additional_headers=headers, compression=None)

    @asynccontextmanager
    async def feeding(self, call_id: str, query: str = "") -> Any:
        """A feeder's socket, past `listening`; comes back as long as it is told to."""
        headers = {"Authorization": f"Bearer {TOKENS.mint(call_id, Right.FEED)}"}
        path = f"/v1/listen?call_id={call_id}&channels=2&events=true{query}"
        async with asyncio.timeout(60):
            while True:
                async with self.socket(path, headers) as socket:
                    first = await next_message(socket)
                    if first["type"] == "listening":
                        yield socket, first
                        return
                    assert first["code"] == "overloaded", first
                await asyncio.sleep(0.2)

    async def go_on(self, call_id: str) -> list[Json]:
        """The rest of AUDIO; all that the call told."""
        async with self.feeding(call_id, "&resume=true") as (feeder, listening):
            await play(feeder, AUDIO[listening["received_ms"] * 64 :])
            await feeder.send('{"type": "CloseStream"}')
            return await until(feeder, "ended", 60)

    async def watched(self, call_id: str) -> list[Json]:
        """What somebody is told here who comes back wherever the connection breaks."""
        told: list[Json] = []
        async with asyncio.timeout(120):
            while not of(told, "ended"):
                seq = told[-1]["seq"] if told else 0
                with suppress(ConnectionClosed):
                    path = f"/v1/calls/{call_id}/events?last_seq={seq}"
                    async with self.socket(path) as socket:
                        while not of(told, "ended"):
                            message = await next_message(socket, 90)
                            if message["type"] != "heartbeat" and is_kept(message):
                                told.append(message)
        return told


@pytest.fixture
def boxes(tmp_path: Path, postgres_database: str) -> Iterator[list[Box]]:
    ports = [free_port(), free_port()]
    up: list[Box] = []
    shared = {"live_log": postgres_database, "store": postgres_database}

    def begin(number: int) -> None:
        folder = tmp_path / str(number)
        up.append(Box(folder, ports[number], start(folder, ports[number], **shared)))

    starting = [threading.Thread(target=begin, args=(number,)) for number in range(2)]
    for thread in starting:
        thread.start()
    for thread in starting:
        thread.join()
    try:
        assert len(up) == 2
        yield up
    finally:
        for box in up:
            box.process.send_signal(signal.SIGCONT)
            box.process.kill()
            box.process.wait(30)


async def begin(box: Box, call_id: str, ms: int) -> list[Json]:
    """Feed so much, until something of it is final; the connection breaks."""
    told: list[Json] = []
    async with box.feeding(call_id) as (feeder, _):
        await play(feeder, AUDIO[: ms * 64])
        while not finals([m for m in told if is_final(m)]):
            told += await until(feeder, "utterance", 60)
        feeder.transport.abort()
    return told


def is_whole(kept: list[Json]) -> bool:
    """As if nothing had happened, and exact."""
    assert [m["seq"] for m in kept] == sorted({m["seq"] for m in kept})
    assert (kept[-1]["type"], kept[-1]["reason"]) == ("ended", "closed")
    heard = finals([m for m in kept if is_final(m)])
    assert [(channel, text) for channel, _, text in heard] == [(c, text) for c, _, text in CALL]
    confirmed = {m["hit"]["id"] for m in of(kept, "hit") if m["state"] == "confirmed"}
    assert len(confirmed) == 1
    stats = of(kept, "stats")[-1]
    settled = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"]
    assert (stats["received_ms"], settled, stats["dropped_ms"]) == (16_000, 16_000, {})
    return True


def test_each_serves_watchers_the_board_and_clicks_for_calls_of_the_other(
    boxes: list[Box],
) -> None:
    one, other = boxes

    async def scenario() -> tuple[list[Json], list[Json], list[Json]]:
        watching = asyncio.create_task(other.watched("k"))
        async with other.socket("/v1/board") as board, one.feeding("k") as (feeder, _):
            await play(feeder, AUDIO)
            prompt = (await until(feeder, "prompt", 60))[-1]
            line = await until(board, "call", 30)
            live = other.get("/v1/calls").json()["live"]
            assert [call["call_id"] for call in live] == ["k"]
            agent = {"Authorization": f"Bearer {TOKENS.mint('k', Right.WATCH)}"}
            async with other.socket("/v1/calls/k/events", agent) as sidebar:
                await until(sidebar, "prompt", 30)
                click = {"type": "Feedback", "prompt_id": prompt["prompt_id"]}
                await sidebar.send(json.dumps(click | {"action": "dismiss"}))
                while (await until(sidebar, "prompt", 30))[-1]["state"] != "dismissed":
                    continue
            await feeder.send('{"type": "CloseStream"}')
            await until(feeder, "ended", 60)
        return await watching, line, live

    watched, line, _ = asyncio.run(scenario())
    assert line[-1]["call_id"] == "k"
    assert watched == [m for m in one.messages("k") if is_kept(m)]
    assert other.messages("k") == one.messages("k")
    assert is_whole(watched)
    wait_for(lambda: not other.get("/v1/calls").json()["live"], 30)


@pytest.mark.parametrize("how", ["SIGKILL", "SIGTERM", "the connection breaks"])
def test_a_call_goes_on_at_the_other_server_as_if_nothing_had_been(
    boxes: list[Box], how: str
) -> None:
    """One is killed, is stopped (an upgrade), or the balancer sends the feeder elsewhere."""
    one, other = boxes

    async def scenario() -> tuple[list[Json], list[Json]]:
        watching = asyncio.create_task(other.watched("k"))
        await begin(one, "k", 7_000)
        if how.startswith("SIG"):
            await asyncio.to_thread(one.end, getattr(signal, how))
        told = await other.go_on("k")
        return told, await watching

    told, watched = asyncio.run(scenario())
    kept = [m for m in other.messages("k") if is_kept(m)]
    assert is_whole(kept)
    assert [m for m in told if is_kept(m)] == kept
    assert watched == kept
    wait_for(lambda: other.get("/v1/calls/k/report").json()["hits"], 30)
    assert other.get("/metrics").status_code == 200


def test_a_call_of_a_dead_server_that_nobody_comes_back_to_ends_at_the_other(
    boxes: list[Box],
) -> None:
    one, other = boxes
    asyncio.run(begin(one, "k", 7_000))
    one.end(signal.SIGKILL)
    wait_for(lambda: other.messages("k")[-1]["type"] == "ended", 90)
    ended = other.messages("k")[-1]
    assert ended["reason"] == "server_restarted"


def test_a_server_that_was_only_away_writes_nothing_into_what_another_has_taken(
    boxes: list[Box],
) -> None:
    one, other = boxes

    async def scenario() -> tuple[int, list[Json]]:
        async with one.feeding("k") as (feeder, _):
            await play(feeder, AUDIO[: 7_000 * 64])
            await until(feeder, "hit", 60)
            one.process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(postgres_log.LEASE_S + 1)
            told = await other.go_on("k")
            one.process.send_signal(signal.SIGCONT)
            await play(feeder, AUDIO[7_000 * 64 :])
            return await _closed(feeder), told

    code, told = asyncio.run(scenario())
    assert code == 1012
    kept = [m for m in other.messages("k") if is_kept(m)]
    assert is_whole(kept)
    assert [m for m in told if is_kept(m)] == kept


async def _closed(feeder: ClientConnection) -> int:
    with suppress(ConnectionClosed):
        async with asyncio.timeout(60):
            while True:
                await feeder.recv()
    return feeder.close_code or 1006
