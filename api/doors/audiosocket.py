"""AudioSocket over TCP: what Asterisk's application of that name sends. Told in audiosocket.md.

It has no credentials, so a connection is announced over HTTP and known by its UUID (`expected.py`);
the port listens on loopback, or lets in those whom the site names. Comfort noise is not sent, so
sound is placed by the clock. Asterisk gives a connection up on which neither side sends for two
seconds: where it is silent, we send silence.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from api.doors.audiosocket_frames import AudioSocketFrame, FrameKind, frames
from api.doors.door import AUDIOSOCKET
from api.doors.entrance import Entrance
from api.doors.expected import Announced
from api.doors.inbox import Closed, Inbox
from api.doors.mono import LOOK_S, Mono, enter, held
from api.live.refusals import Refused, Why
from api.live.wire_audio import WireFormat
from api.settings_values import LOOPBACK

UUID_WAIT_S = 2.0
FIRST_WAIT_S = 60.0
SILENT_S = 1.0
"""After so long without sound we send some silence."""
SILENCE_MS = 20
UNANSWERED_MS = 20_000
"""A peer that acknowledges nothing for so long is gone."""
MOST_CONNECTIONS = 2_000


@asynccontextmanager
async def listening(entrance: Entrance, sockets: Iterable[socket.socket]) -> AsyncIterator[None]:
    """While within, connections to these bound sockets are taken."""
    door = _Door(entrance)
    servers = [await asyncio.start_server(door.serve, sock=one) for one in sockets]
    try:
        yield
    finally:
        for server in servers:
            server.close()
        await door.close()


class _Door:
    """Who may come in, and who is in."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance
        self._peers = [
            ipaddress.ip_network(one) for one in entrance.calls.settings.audiosocket_peers
        ]
        self._inside: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its close."""
        task = asyncio.current_task()
        assert task is not None
        address = str(writer.get_extra_info("peername", ("", 0))[0])
        entrance = self._entrance
        entrance.sightings.came(AUDIOSOCKET, address)
        self._inside.add(task)
        try:
            self._check(address)
            _find_out_when_dead(writer)
            async with Inbox(frames(reader)) as inbox:
                await _converse(_Line(inbox, writer), entrance, address)
        except Refused as refused:
            entrance.sightings.refused(AUDIOSOCKET, refused.reason, address)
            entrance.calls.metrics.refused.labels(refused.code).inc()
        finally:
            self._inside.discard(task)
            writer.close()

    async def close(self) -> None:
        """Every connection has left."""
        for task in self._inside:
            task.cancel()
        if self._inside:
            await asyncio.wait(self._inside)

    def _check(self, address: str) -> None:
        peer = ipaddress.ip_address(address.partition("%")[0])
        if not (address in LOOPBACK or any(peer in network for network in self._peers)):
            raise Refused(
                Why.TOKEN, "this address may not connect: see QA_ENGINE_AUDIOSOCKET_PEERS"
            )
        if len(self._inside) > MOST_CONNECTIONS:
            raise Refused(Why.OVERLOADED, f"{MOST_CONNECTIONS} connections are open")


class _Line:
    """A connection's frames; while nothing comes, it is kept open."""

    def __init__(self, inbox: Inbox, writer: asyncio.StreamWriter) -> None:
        self.inbox = inbox
        self._writer = writer
        self._sent_s = 0.0
        self.silence = AudioSocketFrame(0x10, bytes(SILENCE_MS * 16))

    def speaks(self, kind: int, wire: WireFormat) -> None:
        """Silence is sent as the other side sends sound."""
        self.silence = AudioSocketFrame(kind, bytes(SILENCE_MS * wire.bytes_per_second // 1_000))

    async def next(self) -> AudioSocketFrame | Closed | None:
        """What comes; None: nothing for a moment."""
        message = await self.inbox.receive_within(LOOK_S)
        if message is None:
            self._keep_open()
            return None
        return (
            AudioSocketFrame.read(message)
            if isinstance(message, bytes)
            else Closed(message == Closed(True))
        )

    def _keep_open(self) -> None:
        now_s = time.monotonic()
        if now_s - max(self.inbox.arrived_s, self._sent_s) >= SILENT_S:
            self._sent_s = now_s
            self._writer.write(self.silence.wire())


async def _converse(line: _Line, entrance: Entrance, address: str) -> None:
    announced = await _announced(line, entrance)
    if announced is None:
        return
    first = await _first_sound(line)
    if first is None:
        return
    wire = first.format
    assert wire is not None
    line.speaks(first.kind, wire)
    asked, grant = announced.asked, announced.grant
    mono = await enter(entrance, AUDIOSOCKET, address, grant, asked, wire)
    async with held(mono):
        await _read(line, mono, first)


async def _announced(line: _Line, entrance: Entrance) -> Announced | None:
    """Who this is, by the first frame; None where the other side left before."""
    try:
        message = await asyncio.wait_for(line.inbox.receive(), UUID_WAIT_S)
    except TimeoutError:
        raise Refused(Why.NO_TOKEN, f"no UUID came within {UUID_WAIT_S:g} s") from None
    if isinstance(message, Closed):
        return None
    uuid = AudioSocketFrame.read(message).uuid if isinstance(message, bytes) else None
    if uuid is None:
        raise Refused(Why.BAD_REQUEST, "the first frame is no UUID")
    return entrance.expected.take(uuid)


async def _first_sound(line: _Line) -> AudioSocketFrame | None:
    """It says what sound this is; None where none came before the end."""
    until_s = time.monotonic() + FIRST_WAIT_S
    while time.monotonic() < until_s:
        frame = await line.next()
        if isinstance(frame, Closed) or (frame and frame.is_end):
            return None
        if frame and frame.format:
            return frame
        _check(frame)
    raise Refused(Why.BAD_REQUEST, f"no sound came within {FIRST_WAIT_S:g} s")


async def _read(line: _Line, mono: Mono, first: AudioSocketFrame) -> None:
    """Sound until the connection or the call ends."""
    frame: AudioSocketFrame | Closed | None = first
    while True:
        came_s = line.inbox.arrived_s
        if frame is None:
            await mono.wait()
        elif isinstance(frame, Closed):
            await (mono.end(came_s) if frame.clean else mono.lost("the connection broke"))
            return
        elif frame.is_end:
            await mono.end(came_s)
            return
        elif frame.kind == first.kind:
            await mono.hear(frame.payload, came_s)
        else:
            _check(frame)
        if mono.call.is_over:
            return
        frame = await line.next()


def _check(frame: AudioSocketFrame | None) -> None:
    """Raises `Refused` for what may not come between sound."""
    if frame is None or frame.kind in (FrameKind.DTMF, FrameKind.SILENCE):
        return
    if frame.kind == FrameKind.ERROR:
        raise Refused(Why.BAD_REQUEST, "Asterisk told of an error of its own")
    if frame.format is not None:
        raise Refused(Why.BAD_REQUEST, "the sampling rate changed within a connection")
    raise Refused(Why.BAD_REQUEST, f"a frame of kind 0x{frame.kind:02x} came, which is no sound")


def _find_out_when_dead(writer: asyncio.StreamWriter) -> None:
    """A machine that is gone says nothing; what we send to it is not acknowledged."""
    line: socket.socket = writer.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if (option := getattr(socket, "TCP_USER_TIMEOUT", None)) is not None:
        line.setsockopt(socket.IPPROTO_TCP, option, UNANSWERED_MS)
