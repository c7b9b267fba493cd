"""Two mono connections of one call, such as Asterisk's two snoops, to one stereo call.

The first that comes opens the call, the other one joins it. Each leg's sound is placed by the
clock, so a leg that comes later, pauses, or breaks and comes back stands where it belongs; what it
did not send is silence, told as dropped. The call is over when every leg that came has ended, and
waits for its feeder when all of them broke.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from api.auth import Grant
from api.doors.clock import ArrivalClock, Piece
from api.doors.fed_call import KEEP_S, FedCall, use_ticket
from api.doors.timeline import Timeline
from api.live.call_asked import CallAsked
from api.live.calls import LiveCalls
from api.live.refusals import Refused, Why
from api.live.wire_audio import WireFormat
from qa_engine.events import Role

ROLES = tuple(Role)
PATIENCE_MS = 1_500
"""How long one leg waits for the other: longer than `ArrivalClock` holds what follows a hole."""
HOLE_S = 2.0
QUIET_S = 1.0
"""Nobody sends for so long: then the clock alone moves the call on."""


class Legs:
    """Of one server, by call."""

    def __init__(self, calls: LiveCalls) -> None:
        self._calls = calls
        self._joined: dict[str, _Joined] = {}

    async def enter(self, grant: Grant, asked: CallAsked, role: Role, wire: WireFormat) -> Leg:
        """Open the call with this speaker, or join it. `wire`: of the leg, mono.

        Raises `Refused`: also where this speaker's leg is connected already.
        """
        call_id = asked.call_for(grant)
        joined = self._joined.get(call_id)
        if joined is None or joined.is_over:
            stereo = WireFormat(
                encoding=wire.encoding, sample_rate=wire.sample_rate, channels=len(ROLES)
            )
            both = asked.model_copy(update={"call_id": call_id, "roles": ROLES})
            fed = await FedCall.enter(self._calls, grant, both, stereo)
            joined = self._joined[call_id] = _Joined(fed, wire)
        else:
            expires_s = float(grant.expires_s + KEEP_S)
            if await self._calls.log.spend(grant.jti, call_id, expires_s) != call_id:
                raise Refused(Why.TOKEN, "this feed token belongs to another call")
            await use_ticket(self._calls, grant)
        return joined.leg(role, wire)


class Leg:
    """One connection. Times are monotonic seconds."""

    def __init__(self, joined: _Joined, number: int, wire: WireFormat) -> None:
        self._joined = joined
        self._number = number
        self._rate = wire.bytes_per_second
        self._clock = ArrivalClock(wire.bytes_per_second, patience_s=HOLE_S)
        self._at_ms: float | None = None

    @property
    def call(self) -> FedCall:
        """The call that all legs feed."""
        return self._joined.fed

    async def hear(self, data: bytes) -> None:
        """What has just come."""
        now_s = time.monotonic()
        if self._at_ms is None:
            self._at_ms = self._joined.at_ms(now_s) - self._ms(data)
        self._joined.heard_s = now_s
        await self._place(self._clock.push(data, now_s))

    async def wait(self) -> None:
        """Nothing came for a moment: call this a few times a second, so that time passes."""
        now_s = time.monotonic()
        await self._place(self._clock.poll(now_s))
        await self._joined.pass_time(now_s)

    async def end(self) -> None:
        """The leg has hung up."""
        await self._place(self._clock.close(time.monotonic()))
        await self._joined.gone(self._number, ended=True)

    async def lost(self, reason: str) -> None:
        """The leg's connection broke."""
        await self._place(self._clock.close(time.monotonic()))
        await self._joined.gone(self._number, reason=reason)

    async def _place(self, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            at_ms = (self._at_ms or 0.0) + piece.missing_ms
            self._joined.line.put(self._number, at_ms, piece.data)
            self._at_ms = at_ms + self._ms(piece.data)
        await self._joined.pass_on()

    def _ms(self, data: bytes) -> float:
        return len(data) * 1_000 / self._rate


class _Joined:
    """The call, its time line, and which legs are there."""

    def __init__(self, fed: FedCall, wire: WireFormat) -> None:
        self.fed = fed
        self._wire = wire
        self._begin_ms = fed.handle.feed.received_ms
        self._began_s = time.monotonic()
        self.heard_s = self._began_s
        """When any leg last sent something."""
        self._passing = asyncio.Lock()
        self._here: set[int] = set()
        self._ended: set[int] = set()
        self._abandoned = False
        self.line = Timeline(
            wire, legs=len(ROLES), patience_ms=PATIENCE_MS, begin_ms=self._begin_ms
        )

    @property
    def is_over(self) -> bool:
        """Whether another leg that comes needs a new beginning."""
        return self._abandoned or self.fed.is_over

    def leg(self, role: Role, wire: WireFormat) -> Leg:
        """Raises `Refused`."""
        number = ROLES.index(role)
        if wire != self._wire:
            raise Refused(Why.BAD_REQUEST, "the other leg of this call has another audio format")
        if number in self._here:
            raise Refused(Why.BUSY_CALL, f"the {role.value}'s leg of this call is connected")
        self._here.add(number)
        self._ended.discard(number)
        return Leg(self, number, wire)

    def at_ms(self, now_s: float) -> float:
        """Where the call is by the clock."""
        return self._begin_ms + (now_s - self._began_s) * 1_000

    async def pass_on(self) -> None:
        """What is complete by now."""
        async with self._passing:
            await self.fed.join(self.line.take())

    async def pass_time(self, now_s: float) -> None:
        """Where nobody sends, the clock alone moves the call on."""
        if now_s - self.heard_s >= QUIET_S:
            async with self._passing:
                await self.fed.join(self.line.skip_to(self.at_ms(now_s) - PATIENCE_MS))

    async def gone(self, number: int, *, ended: bool = False, reason: str = "") -> None:
        """A leg is not there any more."""
        self._here.discard(number)
        if ended:
            self._ended.add(number)
        if self._here or self.is_over:
            return
        async with self._passing:
            await self.fed.join(self.line.close())
        self._abandoned = True
        if self._ended and not reason:
            self.fed.end()
        else:
            self.fed.lost(reason or "the connection broke")
