"""What every WebSocket door does alike: let in or turn away, note who came, tell of the call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Literal

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.auth import Grant
from api.doors.credentials import DoorCredentials
from api.doors.door import Door, Sightings
from api.doors.expected import Expected
from api.doors.fed_call import FedCall
from api.doors.legs import Legs
from api.live.call_asked import CallAsked
from api.live.calls import LiveCalls
from api.live.messages import Listening
from api.live.refusals import Refused
from api.live.socket_auth import SocketAuth, turn_away
from api.live.socket_writer import GONE, SocketWriter
from api.live.watchers import Watcher
from api.live.wire_audio import WireFormat

Tell = Literal["nothing", "few", "prompts", "all"]
KINDS: dict[Tell, frozenset[str] | None] = {
    "few": frozenset({"notice", "ended"}),
    "prompts": frozenset({"notice", "ended", "prompt"}),
    "all": None,
}
"""What a door's client is told of its call beside `listening`; None: everything."""
LEAST_QUEUE = 256
LOOK_EVERY_S = 5.0

Converse = Callable[[WebSocket, Grant], Awaitable[None]]
MayConverse = Callable[[WebSocket, Grant | None], Awaitable[None]]
SignedGrant = Callable[[WebSocket], Grant | None]


class Entrance:
    """Shared by the doors of one server."""

    def __init__(self, calls: LiveCalls, auth: SocketAuth, credentials: DoorCredentials) -> None:
        self.calls = calls
        self.sightings = Sightings()
        self._auth = auth
        self.credentials = credentials
        self.legs = Legs(calls)
        """Of all doors: a call's speakers may come in by two."""
        self.expected = Expected()
        self.audiosocket_port: int | None = None
        """Where that door listens; None where it does not."""

    async def serve(
        self, door: Door, socket: WebSocket, converse: Converse, *, subprotocol: str | None = None
    ) -> None:
        """One connection, from handshake to close."""
        address = self._auth.address(socket)
        self.sightings.came(door, address)
        try:
            await socket.accept(subprotocol)
            self._auth.check_rate(socket)
            await converse(socket, self.credentials.grant(socket))
        except Refused as refused:
            self.sightings.refused(door, refused.reason, address)
            await turn_away(socket, refused, self.calls.metrics)
        except WebSocketDisconnect:
            return

    def address(self, socket: WebSocket) -> str:
        """Whose connection it is, behind a trusted proxy too."""
        return self._auth.address(socket)

    async def serve_silently(
        self,
        door: Door,
        socket: WebSocket,
        converse: MayConverse,
        signed: SignedGrant = lambda socket: None,
        *,
        subprotocol: str | None = None,
    ) -> None:
        """One connection of a system that takes no word from us: refused by close codes alone.

        `signed` knows the door's own credentials; without any, the conversation may bring some.
        """
        address = self._auth.address(socket)
        self.sightings.came(door, address)
        try:
            self._auth.check_rate(socket)
            grant = signed(socket) or self.credentials.find(socket)
            await socket.accept(subprotocol)
            await converse(socket, grant)
        except Refused as refused:
            self.sightings.refused(door, refused.reason, address)
            self.calls.metrics.refused.labels(refused.code).inc()
            with suppress(*GONE):
                await socket.close(refused.why.value.close, refused.code)
        except WebSocketDisconnect:
            return

    async def take(
        self, door: Door, socket: WebSocket, grant: Grant, asked: CallAsked, wire: WireFormat
    ) -> FedCall:
        """The call that this connection feeds. Raises `Refused`."""
        fed = await FedCall.enter(self.calls, grant, asked, wire)
        self.sightings.call(door, fed.call_id, self._auth.address(socket))
        return fed

    @asynccontextmanager
    async def told(self, socket: WebSocket, fed: FedCall, tell: Tell) -> AsyncIterator[None]:
        """While within, the client is told of its call; it is told the end, if it stays for it."""
        calls, call = self.calls, fed.handle
        if tell == "nothing":
            yield
            if call.published.is_set():
                await quietly_close(socket)
            return
        watcher = Watcher(
            capacity=max(calls.settings.watcher_queue, LEAST_QUEUE),
            supervisor=True,
            kinds=KINDS[tell],
        )
        call.join(watcher)
        teller = calls.writing(self._tell(socket, fed, watcher))
        try:
            yield
        finally:
            if call.published.is_set():
                await asyncio.wait([teller], timeout=calls.settings.send_timeout_s)
            teller.cancel()
            fed.unwatch(watcher)

    async def _tell(self, socket: WebSocket, fed: FedCall, watcher: Watcher) -> None:
        calls, call = self.calls, fed.handle
        listening = Listening(
            call_id=call.call_id,
            seq=call.live.told.seq,
            at_ms=call.live.at_ms,
            received_ms=call.feed.received_ms,
            resume_s=calls.settings.resume_s,
        )
        before = await calls.history.missed(call, watcher)
        timeout_s = calls.settings.send_timeout_s
        writer = SocketWriter(socket, watcher, calls.metrics, send_timeout_s=timeout_s)
        await writer.run(
            [listening.wire(), *before], every_s=LOOK_EVERY_S, between=lambda idle: None
        )


async def quietly_close(socket: WebSocket) -> None:
    """A peer that is gone is told nothing."""
    with suppress(*GONE):
        await socket.close()
