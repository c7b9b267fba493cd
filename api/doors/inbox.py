"""What a door's client sends, read as it comes, however far the recogniser is behind.

A telephone system cannot be slowed: it speaks in real time, answers pings, hangs up, and few of
them come back. So its connection is always read, up to a bound, and what waits for recognition
waits here, with the moment at which it came.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from starlette.websockets import WebSocket

MOST_BYTES = 16 * 1_024 * 1_024
"""Eight minutes of stereo at 8 kHz; who has more waiting is not read meanwhile."""
CLEAN = frozenset({1000, 1001, 1005})


@dataclass(frozen=True, slots=True)
class Closed:
    """The other side is gone. `clean`: it said so."""

    clean: bool


Incoming = str | bytes | Closed
NextIncoming = Callable[[], Awaitable[Incoming]]
"""Waits for the next message of a connection; nothing comes after `Closed`."""


class Inbox:
    """One connection's, within `async with`."""

    def __init__(self, source: WebSocket | NextIncoming, most_bytes: int = MOST_BYTES) -> None:
        self.arrived_s = time.monotonic()
        """When the last message that was taken came, monotonic."""
        self._source = of_socket(source) if isinstance(source, WebSocket) else source
        self._most_bytes = most_bytes
        self._waiting: deque[tuple[float, Incoming]] = deque()
        self._bytes = 0
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def receive(self) -> Incoming:
        """The next message, or how the other side went, after all that it sent before."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        self.arrived_s, message = self._waiting.popleft()
        self._bytes -= _size(message)
        self._room.set()
        return message

    async def receive_within(self, seconds: float) -> Incoming | None:
        """The next message; None where nothing came for so long."""
        try:
            return await asyncio.wait_for(self.receive(), seconds)
        except TimeoutError:
            return None

    async def _read(self) -> None:
        message: Incoming = ""
        while not isinstance(message, Closed):
            while self._bytes >= self._most_bytes:
                self._room.clear()
                await self._room.wait()
            message = await self._source()
            self._bytes += _size(message)
            self._waiting.append((time.monotonic(), message))
            self._news.set()


def of_socket(socket: WebSocket) -> NextIncoming:
    """The messages of a WebSocket."""

    async def source() -> Incoming:
        return await _received(socket)

    return source


async def _received(socket: WebSocket) -> Incoming:
    try:
        message = await socket.receive()
    except RuntimeError:
        return Closed(clean=False)
    if message["type"] == "websocket.disconnect":
        # A connection that merely broke has no reason, not even an empty one.
        return Closed("reason" in message and message["code"] in CLEAN)
    text: str | None = message.get("text")
    data: bytes = message.get("bytes") or b""
    return data if text is None else text


def _size(message: Incoming) -> int:
    return 0 if isinstance(message, Closed) else len(message)
