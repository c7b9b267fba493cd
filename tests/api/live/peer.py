"""The other end of a socket, in memory: what it sends, and what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.websockets import WebSocket

TEXT = "websocket.receive"
GONE = {"type": "websocket.disconnect", "code": 1001}
Got = TypeVar("Got")
Json = dict[str, Any]


class Peer:
    """`sends` what it says after its handshake; `told` holds what came back."""

    def __init__(
        self, *headers: tuple[str, str], query: str = "", offers: tuple[str, ...] = ()
    ) -> None:
        self.sends: list[Json] = [{"type": "websocket.connect"}]
        self.told: list[Json] = []
        scope = {
            "type": "websocket",
            "headers": [(name.encode(), value.encode()) for name, value in headers],
            "client": ("10.0.0.1", 1),
            "query_string": query.encode(),
            "subprotocols": list(offers),
            "state": {},
            "path": "/v1/listen",
        }
        self.socket = WebSocket(scope, self._receive, self._send)  # type: ignore[arg-type]

    async def _receive(self) -> Json:
        if self.sends:
            return self.sends.pop(0)
        return await asyncio.Future()

    async def _send(self, message: Json) -> None:
        self.told.append(message)


def opened(*sends: Json) -> Peer:
    peer = Peer()
    peer.sends += sends

    async def connect() -> None:
        await peer.socket.accept()

    run(connect())
    return peer


def run(one: Coroutine[Any, Any, Got]) -> Got:
    return asyncio.run(one)
