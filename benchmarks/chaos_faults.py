"""What the chaos soak does to a server, one fault at a time."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.auth import Right, Tokens
from benchmarks.chaos_calls import Calls, Wire
from benchmarks.chaos_server import IDLE_S, ServerProcess
from tests.api.live.servers import SECRET

Fault = Callable[[], Awaitable[None]]
ENDS_THE_PROCESS = ("kill", "kill_twice", "stop", "dead_log", "dead_recognition")
HELD_S, FULL_S, PAUSED_S = 35.0, 12.0, IDLE_S + 10.0
"""The store waits 30 s for a lock."""
RED_WITHIN_S = 60.0


class Faults:
    """See `by_name`. A server that does not bear one as it should is told in `calls.wrong`."""

    def __init__(
        self, server: ServerProcess, wire: Wire, calls: Calls, rng: random.Random, *, can_fill: bool
    ) -> None:
        self._server, self._wire, self._calls, self._rng = server, wire, calls, rng
        self.by_name: dict[str, Fault] = {
            "kill": self._kill,
            "kill_twice": self._kill_twice,
            "stop": self._stop,
            "dead_log": lambda: self._dead(signal.SIGUSR1),
            "dead_recognition": lambda: self._dead(signal.SIGUSR2),
            "cut": self._cut,
            "half_open": self._half_open,
            "paused": self._paused,
            "locked": self._locked,
            "second": self._second,
            "far_ahead": self._far_ahead,
            "abuse": self._abuse,
            "deserted": self._deserted,
        }
        if can_fill:
            self.by_name["full"] = self._full

    async def inflict(self, name: str) -> None:
        await self.by_name[name]()
        await self.ready()

    async def ready(self, within_s: float = 300.0) -> None:
        until_s = time.monotonic() + within_s
        while await self._status("readyz") != 200:
            if time.monotonic() >= until_s:
                raise TimeoutError(f"the server is not ready after {within_s:g} s")
            await asyncio.sleep(0.2)

    async def _status(self, page: str) -> int:
        async with httpx.AsyncClient() as client:
            with contextlib.suppress(httpx.TransportError):
                return (
                    await client.get(f"http://127.0.0.1:{self._server.port}/{page}")
                ).status_code
        return 0

    async def _kill(self) -> None:
        self._server.signal(signal.SIGKILL)
        await self._again()

    async def _kill_twice(self) -> None:
        """The second time while it starts, or has just started."""
        await self._kill()
        await asyncio.sleep(self._rng.uniform(0.5, 12.0))
        await self._kill()

    async def _stop(self) -> None:
        self._server.signal(signal.SIGTERM)
        await self._again()

    async def _again(self) -> None:
        await asyncio.to_thread(self._server.wait)
        self._server.start()

    async def _dead(self, which: signal.Signals) -> None:
        """A thread dies: /healthz turns red, and an operator starts the server anew."""
        self._calls.may_fail |= self._calls.running
        self._server.signal(which)
        until_s = time.monotonic() + RED_WITHIN_S
        while await self._status("healthz") == 200:
            if time.monotonic() >= until_s:
                self._calls.wrong.append(f"{which.name}: /healthz stays green")
                break
            await asyncio.sleep(0.2)
        self._calls.may_fail |= self._calls.running
        await asyncio.sleep(2.0)
        await self._kill()

    async def _cut(self) -> None:
        self._wire.break_all()

    async def _half_open(self) -> None:
        """The feeders come back by a new connection, the server's end of the old one stays open."""
        self._wire.break_all(half_open=True)
        await asyncio.sleep(45.0)
        self._wire.close_left()

    async def _paused(self) -> None:
        """Nothing comes for longer than `idle_s`, and then it goes on."""
        self._wire.paused = True
        await asyncio.sleep(PAUSED_S)
        self._wire.paused = False

    async def _locked(self) -> None:
        """Another process holds the store, longer than a write waits for it."""
        path = self._server.folder / "data" / "calls.db"
        with contextlib.closing(sqlite3.connect(path, timeout=30.0)) as other:
            await asyncio.to_thread(lambda: None)
            other.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(HELD_S)
            other.rollback()

    async def _full(self) -> None:
        filler = self._server.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(65_536))
                file.flush()
        await asyncio.sleep(FULL_S)
        filler.unlink()

    async def _second(self) -> None:
        """Another server on the same directory, and one on the same port, are refused."""
        data = self._server.folder / "data"
        for port, folder in ((0, data), (self._server.port, self._server.folder / "other")):
            asked = ["serve", "--port", str(port)]
            code = f"import sys; from api.cli import app; sys.exit(app.run({asked}))"
            given = {"QA_ENGINE_DATA_DIR": str(folder), "QA_ENGINE_SECRET": SECRET}
            second = await asyncio.create_subprocess_exec(
                sys.executable, "-c", code, env=os.environ | given, stderr=subprocess.DEVNULL
            )
            if await second.wait() != 2:
                self._calls.wrong.append("a second server was not refused")

    async def _far_ahead(self) -> None:
        """Feeders that claim to be hours ahead of what was heard."""
        for call_id in list(self._calls.running):
            query = "channels=2&encoding=mulaw&sample_rate=16000&resume=true&from_ms=36000000"
            told = await self._refusal(f"call_id={call_id}&{query}", call_id)
            # One that is over is told how it ended, wherever its feeder wants to go on.
            if told not in {"bad_request", "unknown_call", "ended"}:
                self._calls.wrong.append(f"{call_id}: from_ms of ten hours was answered {told}")

    async def _refusal(self, query: str, call_id: str, token: str | None = None) -> str:
        token = token or Tokens(SECRET).mint(call_id, Right.FEED)
        async with self._feeder(query, token) as socket:
            with contextlib.suppress(ConnectionClosed):
                told = json.loads(await socket.recv())
                while told["type"] == "listening":
                    told = json.loads(await socket.recv())
                return str(told.get("code", told["type"]))
        return "nothing"

    @contextlib.asynccontextmanager
    async def _feeder(self, query: str, token: str) -> AsyncIterator[Any]:
        url = f"ws://127.0.0.1:{self._server.port}/v1/listen?{query}"
        headers = {"Authorization": f"Bearer {token}"}
        async with connect(url, additional_headers=headers, compression=None) as socket:
            yield socket

    async def _abuse(self) -> None:
        """A body without a length, half a character in a token, a frame that is too long."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(64):
                yield bytes(65_536)

        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{self._server.port}/v1/tokens"
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post(url, content=pieces())
                if answer.status_code != 413:
                    self._calls.wrong.append(f"a body of 4 MB was answered {answer.status_code}")
        fields = {"call": "c", "role": "feed", "exp": int(time.time()) + 60, "jti": "\ud800"}
        payload = json.dumps(fields).encode()
        signature = hmac.new(SECRET.encode(), payload, hashlib.sha256).digest()
        parts = (base64.urlsafe_b64encode(p).rstrip(b"=").decode() for p in (payload, signature))
        told = await self._refusal("call_id=c", "c", ".".join(parts))
        if told != "token":
            self._calls.wrong.append(f"half a character in a token was answered {told}")
        await self._left(bytes(2**20), "cut_off")

    async def _deserted(self) -> None:
        """Feeders that never come back, and one that had nothing to send."""
        for _ in range(3):
            await self._left(bytes(6_400), "cut_off")
        call_id = f"empty-{self._rng.randrange(10**9)}"
        async with self._feeder(
            f"call_id={call_id}", Tokens(SECRET).mint(call_id, Right.FEED)
        ) as s:
            await s.send('{"type": "CloseStream"}')
            told = [json.loads(text) async for text in s]
        if told[-1]["type"] != "ended" or told[-1]["reason"] != "closed":
            self._calls.wrong.append(f"{call_id}: ended as {told[-1]}")
        self._calls.to_file[call_id] = {"no_speech", "too_short", "empty"}

    async def _left(self, data: bytes, filed_as: str) -> None:
        call_id = f"left-{self._rng.randrange(10**9)}"
        token = Tokens(SECRET).mint(call_id, Right.FEED)
        async with self._feeder(f"call_id={call_id}&channels=2", token) as socket:
            await socket.recv()
            with contextlib.suppress(ConnectionClosed):
                await socket.send(data)
                await asyncio.sleep(0.5)
            socket.transport.abort()
        # A thread may die before they are given up.
        self._calls.to_file[call_id] = {filed_as, "failed"}
