"""A door's connection is read whether or not anybody has time for what comes in."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from starlette.websockets import WebSocket

from api.doors.inbox import Closed, Inbox, of_socket


class Line:
    """A socket that sends so many frames, and then is closed."""

    def __init__(self, frames: int, end: dict[str, Any]) -> None:
        self.read = 0
        self._messages = [{"type": "websocket.receive", "bytes": b"x" * 320}] * frames + [end]

    async def receive(self) -> dict[str, Any]:
        self.read += 1
        return self._messages[self.read - 1]


HUNG_UP = {"type": "websocket.disconnect", "code": 1000, "reason": ""}
BROKE = {"type": "websocket.disconnect", "code": 1005}


async def unread(line: Line, most_bytes: int = 1 << 20) -> Inbox:
    """The line's inbox, after a while in which nobody took anything."""
    inbox = Inbox(of_socket(cast("WebSocket", line)), most_bytes)
    await inbox.__aenter__()
    await asyncio.sleep(0.05)
    return inbox


def test_all_that_was_sent_before_the_hang_up_is_there_in_order() -> None:
    async def run() -> None:
        line = Line(100, HUNG_UP)
        inbox = await unread(line)
        assert line.read == 101, "the hang-up was seen although nothing was taken"
        frames = [await inbox.receive() for _ in range(100)]
        assert frames == [b"x" * 320] * 100
        assert await inbox.receive() == Closed(clean=True)
        await inbox.__aexit__(None, None, None)

    asyncio.run(run())


def test_a_connection_that_merely_broke_is_no_hang_up() -> None:
    async def run() -> None:
        inbox = await unread(Line(0, BROKE))
        assert await inbox.receive() == Closed(clean=False)
        await inbox.__aexit__(None, None, None)

    asyncio.run(run())


def test_more_than_may_wait_is_not_read_until_there_is_room() -> None:
    async def run() -> None:
        line = Line(100, HUNG_UP)
        inbox = await unread(line, most_bytes=3_200)
        assert line.read == 10
        await inbox.receive()
        await asyncio.sleep(0.01)
        assert line.read == 11
        await inbox.__aexit__(None, None, None)

    asyncio.run(run())
