"""A real server on a real socket, in a thread of the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from api.auth import Right, Tokens
from api.hearing import Hearing
from api.live.calls import LiveCalls
from api.server import create_app
from api.serving import LiveServer
from api.settings import Settings

SECRET = "a secret of thirty-two characters or more"
Json = dict[str, Any]


@dataclass(slots=True)
class Server:
    """Where it listens, and its insides for a test to look at."""

    port: int
    tokens: Tokens
    calls: LiveCalls
    app: Any
    loop: asyncio.AbstractEventLoop

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def token(self, call: str, right: Right, life_s: int = 600) -> str:
        return self.tokens.mint(call, right, life_s=life_s)

    def bearer(self, call: str, right: Right) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(call, right)}"}


def settings_for(folder: Path, **changes: Any) -> Settings:
    fields: Json = {"data_dir": folder / "data", "secret": SECRET, "port": 0, "heartbeat_s": 0.3}
    return Settings(**(fields | changes))


@contextlib.contextmanager
def running(settings: Settings, hearing: Hearing) -> Iterator[Server]:
    """The server, up; stopped gracefully at the end."""
    app = create_app(settings, hearing=hearing)
    server = LiveServer(app, settings)
    server.config.log_config = None
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        loops.append(asyncio.get_running_loop())
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    wait_for(lambda: server.started or not thread.is_alive())
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Server(port, app.state.tokens, app.state.calls, app, loops[0])
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


def wait_for(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.02)


@contextlib.asynccontextmanager
async def feeding(
    server: Server, call_id: str, query: str = "", token: str | None = None, **more: Any
) -> AsyncIterator[ClientConnection]:
    """A feeder's socket, past `listening`."""
    headers = {"Authorization": f"Bearer {token or server.token(call_id, Right.FEED)}"}
    url = f"{server.ws}/v1/listen?call_id={call_id}&channels=2{query}"
    async with connect(url, additional_headers=headers, compression=None, **more) as socket:
        yield socket


@contextlib.asynccontextmanager
async def watching(
    server: Server, call_id: str, last_seq: int = 0, right: Right = Right.WATCH, **more: Any
) -> AsyncIterator[ClientConnection]:
    url = f"{server.ws}/v1/calls/{call_id}/events?last_seq={last_seq}"
    headers = server.bearer(call_id if right is Right.WATCH else "*", right)
    async with connect(url, additional_headers=headers, compression=None, **more) as socket:
        yield socket


async def next_message(socket: ClientConnection, timeout_s: float = 20.0) -> Json:
    message: Json = json.loads(await asyncio.wait_for(socket.recv(), timeout_s))
    return message


async def until(socket: ClientConnection, kind: str, timeout_s: float = 20.0) -> list[Json]:
    """Messages up to and including the first of `kind`, heartbeats left out."""
    messages: list[Json] = []
    async with asyncio.timeout(timeout_s):
        while not messages or messages[-1]["type"] != kind:
            message = await next_message(socket, timeout_s)
            if message["type"] != "heartbeat":
                messages.append(message)
    return messages


async def play(
    socket: ClientConnection, data: bytes, chunk: int = 6_400, pause_s: float = 0.0
) -> None:
    """Send audio in pieces (of 100 ms in stereo), with a pause after each."""
    for at in range(0, len(data), chunk):
        await socket.send(data[at : at + chunk])
        if pause_s:
            await asyncio.sleep(pause_s)


async def close_stream(socket: ClientConnection) -> list[Json]:
    """End the call; everything the feeder is told up to `ended`."""
    await socket.send('{"type": "CloseStream"}')
    return await until(socket, "ended")


def of(messages: list[Json], kind: str) -> list[Json]:
    return [message for message in messages if message["type"] == kind]
