"""RTP as it is: a port for each speaker, given out over HTTP. Told in rtp.md.

For ARI's externalMedia, for port mirrors and recorders that send what they forward. RTP says
neither whose call it is nor that it ends: the port knows the one, silence for a while tells the
other, or whoever asked for the port.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from api.auth import Grant
from api.doors.door import RTP
from api.doors.entrance import Entrance
from api.doors.legs import Leg
from api.doors.mono import LOOK_S, held
from api.doors.mono_asked import MonoAsked
from api.doors.rtp_packets import CODECS, RATE, Packet, StampClock
from api.live.refusals import Refused, Why
from api.live.wire_audio import WireFormat
from api.settings_values import LOOPBACK
from qa_engine.events import Role

FIRST_WAIT_S = 60.0
QUIET_S = 20.0
"""After so long without a packet the speaker is gone."""
MOST_WAITING = 24_000
"""Packets: eight minutes, like what waits at other doors."""
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Came:
    packet: Packet
    came_s: float


class Ports:
    """Which are free, and who is on the others."""

    def __init__(self) -> None:
        self.all: list[int] = []
        self._entrance: Entrance | None = None
        self._lines: dict[int, _Line] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def listening(
        self, entrance: Entrance, sockets: Iterable[socket.socket]
    ) -> AsyncIterator[None]:
        """While within, packets to these bound sockets are taken."""
        self._entrance = entrance
        peers = [ipaddress.ip_network(one) for one in entrance.calls.settings.rtp_peers]
        loop = asyncio.get_running_loop()
        transports = []
        for one in sockets:
            port = int(one.getsockname()[1])
            line = _Line(peers)
            transport, _ = await loop.create_datagram_endpoint(lambda line=line: line, sock=one)  # type: ignore[misc]
            transports.append(transport)
            self._lines[port] = line
            self.all.append(port)
        try:
            yield
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)
            for transport in transports:
                transport.close()

    def give(self, grant: Grant, asked: MonoAsked) -> int:
        """A port for this speaker. Raises `Refused`."""
        if asked.role == "mixed":
            raise Refused(Why.BAD_REQUEST, "expected role=agent or customer: each has its own port")
        asked = asked.model_copy(update={"call_id": asked.call_for(grant)})
        free = next((port for port in self._lines if port not in self._tasks), None)
        if free is None:
            raise Refused(
                Why.OVERLOADED, f"all {len(self.all)} ports of QA_ENGINE_RTP_PORTS are taken"
            )
        line = self._lines[free]
        line.begin()
        task = asyncio.create_task(self._serve(line, grant, asked))
        self._tasks[free] = task
        task.add_done_callback(lambda done: self._tasks.pop(free, None))
        return free

    def end(self, port: int, grant: Grant) -> None:
        """The speaker on that port has hung up. Raises `Refused`."""
        line = self._lines.get(port)
        if line is None or port not in self._tasks or not line.may_end(grant):
            raise Refused(Why.UNKNOWN_CALL, "nobody of yours is on that port")
        line.ended.set()

    async def _serve(self, line: _Line, grant: Grant, asked: MonoAsked) -> None:
        assert self._entrance is not None
        entrance, address = self._entrance, ""
        line.call_id = asked.call_id
        try:
            first = await line.first()
            if first is None:
                return
            address = line.address
            entrance.sightings.came(RTP, address)
            wire = WireFormat(encoding=CODECS[first.packet.kind], sample_rate=RATE)
            leg = await entrance.legs.enter(grant, asked, Role(asked.role), wire)
            entrance.sightings.call(RTP, leg.call.call_id, address)
            async with held(leg):
                await _read(line, leg, first)
        except Refused as refused:
            entrance.sightings.refused(RTP, refused.reason, address)
            entrance.calls.metrics.refused.labels(refused.code).inc()
        finally:
            line.stop()


class _Line(asyncio.DatagramProtocol):
    """One port."""

    def __init__(self, peers: list[Any]) -> None:
        self._peers = peers
        self._from: Address | None = None
        self._waiting: asyncio.Queue[Came] | None = None
        self.ended = asyncio.Event()
        self.call_id = ""
        self.odd = 0
        """Packets that are no sound which is heard here."""

    @property
    def address(self) -> str:
        return self._from[0] if self._from else ""

    def begin(self) -> None:
        self._waiting, self._from, self.odd = asyncio.Queue(MOST_WAITING), None, 0
        self.ended = asyncio.Event()

    def stop(self) -> None:
        self._waiting = None

    def may_end(self, grant: Grant) -> bool:
        return grant.call in ("*", self.call_id)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self._waiting is None or not self._may_send(addr):
            return
        packet = Packet.read(data)
        if packet is None or packet.kind not in CODECS or not packet.sound:
            self.odd += 1
            return
        # The first sender has the port: packets of others are ignored.
        self._from = self._from or addr
        if addr == self._from and not self._waiting.full():
            self._waiting.put_nowait(Came(packet, time.monotonic()))

    def error_received(self, error: Exception) -> None:
        """Nothing is ever sent, so a peer that cannot be reached does not matter."""

    def _may_send(self, addr: Address) -> bool:
        if addr[0] in LOOPBACK:
            return True
        peer = ipaddress.ip_address(addr[0].partition("%")[0])
        return any(peer in network for network in self._peers)

    async def first(self) -> Came | None:
        """None where nothing came, or the end before it."""
        until_s = time.monotonic() + FIRST_WAIT_S
        while time.monotonic() < until_s and not self.ended.is_set():
            if (came := await self.next()) is not None:
                return came
        return None

    async def next(self) -> Came | None:
        """None: nothing for a moment."""
        assert self._waiting is not None
        try:
            return await asyncio.wait_for(self._waiting.get(), LOOK_S)
        except TimeoutError:
            return None


async def _read(line: _Line, leg: Leg, first: Came) -> None:
    """Sound until the speaker or the call ends."""
    clock = StampClock()
    kind, heard_s = first.packet.kind, first.came_s
    came: Came | None = first
    while not leg.call.is_over:
        if came is None:
            await leg.wait()
            if line.ended.is_set() or time.monotonic() - heard_s >= QUIET_S:
                break
        elif came.packet.kind == kind:
            heard_s = came.came_s
            spoken_s = clock.moment_s(came.packet, came.came_s)
            await leg.hear_at(came.packet.sound, spoken_s)
        else:
            line.odd += 1
        came = await line.next()
    if line.odd:
        leg.call.notice("rtp", f"{line.odd} packets were no G.711 of the first kind")
    await leg.end()
