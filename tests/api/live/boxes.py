"""Two servers as processes, which share their calls by one PostgreSQL."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.auth import Right, Tokens
from tests.api.live.servers import SECRET, Json, next_message, of, play, until
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


@contextmanager
def two_boxes(base: Path, database: str, **settings: object) -> Iterator[list[Box]]:
    """Two servers up with one database; whatever is left of them is killed at the end."""
    ports = [free_port(), free_port()]
    up: list[Box] = []
    shared = settings | {"live_log": database, "store": database}

    def begin(number: int) -> None:
        folder = base / str(number)
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
