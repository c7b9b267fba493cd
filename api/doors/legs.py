"""Two mono connections of one call, such as Asterisk's two snoops, to one stereo call.

The first that comes opens the call, the other one joins it. Each leg's sound is placed by the
clock, so a leg that comes later, pauses, or breaks and comes back stands where it belongs; what it
did not send is silence, told as dropped. The call is over when every leg that came has ended, and
waits for its feeder when all of them broke.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

from api.auth import Grant
from api.doors.clock import ArrivalClock, ClockedSound
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
"""Without a packet for so long the clock moves the call on."""
LOOK_AWAY_S = 0.75
"""More than this between two looks at a silent leg: the server itself stood still, and what came
meanwhile is still to be read."""


class Legs:
    """Of one server, by call."""

    def __init__(self, calls: LiveCalls) -> None:
        self._calls = calls
        self._joined: dict[str, _Joined] = {}
        self._entering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __contains__(self, call_id: str) -> bool:
        """Whether any leg of that call is connected."""
        return call_id in self._joined

    async def enter(self, grant: Grant, asked: CallAsked, role: Role, wire: WireFormat) -> Leg:
        """Open the call with this speaker, or join it. `wire`: of the leg, mono.

        Where this speaker's leg is connected already the new one takes its place: a connection that
        broke may look alive for a while. Raises `Refused`.
        """
        call_id = asked.call_for(grant)
        # Both legs come at once: only one of them may open the call.
        entering = self._entering.setdefault(call_id, asyncio.Lock())
        async with entering:
            joined = self._joined.get(call_id)
            if joined is None or joined.is_over:
                joined = await self._open(grant, asked, call_id, wire)
            else:
                await self._let_in(grant, call_id)
            return joined.leg(role, wire)

    async def _open(
        self, grant: Grant, asked: CallAsked, call_id: str, wire: WireFormat
    ) -> _Joined:
        stereo = WireFormat(
            encoding=wire.encoding, sample_rate=wire.sample_rate, channels=len(ROLES)
        )
        both = asked.model_copy(update={"call_id": call_id, "roles": ROLES})
        fed = await FedCall.enter(self._calls, grant, both, stereo)
        joined = self._joined[call_id] = _Joined(fed, wire, forget=self._forget)
        return joined

    async def _let_in(self, grant: Grant, call_id: str) -> None:
        expires_s = float(grant.expires_s + KEEP_S)
        if await self._calls.log.spend(grant.jti, call_id, expires_s) != call_id:
            raise Refused(Why.TOKEN, "this feed token belongs to another call")
        await use_ticket(self._calls, grant)

    def _forget(self, joined: _Joined) -> None:
        if self._joined.get(joined.fed.call_id) is joined:
            del self._joined[joined.fed.call_id]


class Leg:
    """One connection. Times are monotonic seconds."""

    def __init__(self, joined: _Joined, number: int, wire: WireFormat) -> None:
        self._joined = joined
        self._number = number
        self._rate = wire.bytes_per_second
        self._clock = ArrivalClock(wire.bytes_per_second, patience_s=HOLE_S)
        self._at_ms: float | None = None
        self._looked_s = time.monotonic()

    @property
    def call(self) -> FedCall:
        """The call that all legs feed."""
        return self._joined.fed

    async def hear(self, data: bytes, came_s: float | None = None) -> None:
        """What came at `came_s`; None: just now."""
        self._joined.check(self._number, self)
        self._looked_s = time.monotonic()
        came_s = self._looked_s if came_s is None else came_s
        if self._at_ms is None:
            self._at_ms = self._joined.begin(came_s - self._ms(data) / 1_000)
        with self._joined.hearing():
            await self._place(self._clock.push(data, came_s))

    async def hear_at(self, data: bytes, spoken_s: float) -> None:
        """What was spoken from then on, by the stream's own count; in any order, once or twice."""
        self._joined.check(self._number, self)
        self._looked_s = time.monotonic()
        with self._joined.hearing():
            self._joined.line.put(self._number, self._joined.begin(spoken_s), data)
            await self._joined.pass_on()

    async def wait(self) -> None:
        """Nothing came for a moment: call this a few times a second, so that time passes."""
        now_s = time.monotonic()
        looked_s, self._looked_s = self._looked_s, now_s
        if now_s - looked_s >= LOOK_AWAY_S:
            return
        await self._place(self._clock.poll(now_s))
        await self._joined.pass_time()

    async def end(self, came_s: float | None = None) -> None:
        """The leg has hung up, at `came_s`; None: just now."""
        if self._joined.is_here(self._number, self):
            await self._place(self._clock.close(came_s or time.monotonic()))
            await self._joined.gone(self._number, ended=True)

    async def lost(self, reason: str) -> None:
        """The leg's connection broke."""
        if self._joined.is_here(self._number, self):
            await self._place(self._clock.close(time.monotonic()))
            await self._joined.gone(self._number, reason=reason)

    def is_settling(self) -> bool:
        """Whether its place on the time line is not known yet, after a hole."""
        return self._clock.is_settling(time.monotonic())

    def leave(self) -> None:
        """Whatever happened, this connection is gone."""
        if self._joined.is_here(self._number, self):
            self._joined.leave(self._number)

    async def _place(self, pieces: Iterable[ClockedSound]) -> None:
        for piece in pieces:
            at_ms = (self._at_ms or 0.0) + piece.missing_ms
            self._joined.line.put(self._number, at_ms, piece.data)
            self._at_ms = at_ms + self._ms(piece.data)
        await self._joined.pass_on()

    def _ms(self, data: bytes) -> float:
        return len(data) * 1_000 / self._rate


class _Joined:
    """The call, its time line, and which legs are there."""

    def __init__(
        self, fed: FedCall, wire: WireFormat, *, forget: Callable[[_Joined], None]
    ) -> None:
        self.fed = fed
        self._forget = forget
        self._wire = wire
        self._begin_ms = fed.handle.feed.received_ms
        self._began_s = time.monotonic()
        self._heard_s = self._began_s
        """When any leg's sound was last taken in."""
        self._hearing = 0
        """Legs whose sound is being taken in: a recogniser that is behind holds them up."""
        self._passing = asyncio.Lock()
        self._here: dict[int, Leg] = {}
        self._ended: set[int] = set()
        self._abandoned = False
        self._begun = False
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
        self._ended.discard(number)
        leg = self._here[number] = Leg(self, number, wire)
        return leg

    def is_here(self, number: int, leg: Leg) -> bool:
        """Whether no other connection of this speaker took its place."""
        return self._here.get(number) is leg

    def check(self, number: int, leg: Leg) -> None:
        """Raises `Refused`."""
        if not self.is_here(number, leg):
            raise Refused(Why.BUSY_CALL, "another connection of this speaker took its place")

    def begin(self, spoken_s: float) -> float:
        """Where a leg stands whose first sound was spoken then.

        The first of all begins the call, though it came while the call was being opened.
        """
        if not self._begun:
            self._begun = True
            self._began_s = min(self._began_s, spoken_s)
        return self.at_ms(spoken_s)

    def at_ms(self, now_s: float) -> float:
        """Where the call is by the clock."""
        return self._begin_ms + (now_s - self._began_s) * 1_000

    async def pass_on(self) -> None:
        """What is complete by now."""
        async with self._passing:
            settling = any(leg.is_settling() for leg in self._here.values())
            await self.fed.join(self.line.take(only_whole=settling))

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """While within, a leg has something to say, however long it is held up."""
        self._hearing += 1
        try:
            yield
        finally:
            self._hearing -= 1
            self._heard_s = time.monotonic()

    async def pass_time(self) -> None:
        """Without packets the clock moves the call on."""
        async with self._passing:
            now_s = time.monotonic()
            if not self._hearing and now_s - self._heard_s >= QUIET_S:
                await self.fed.join(self.line.skip_to(self.at_ms(now_s) - PATIENCE_MS))

    async def gone(self, number: int, *, ended: bool = False, reason: str = "") -> None:
        """A leg is not there any more."""
        self.leave(number)
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

    def leave(self, number: int) -> None:
        """A connection is gone; after the last one nothing is kept of it here."""
        self._here.pop(number, None)
        if not self._here:
            self._forget(self)
