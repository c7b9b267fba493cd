"""A connection that brings one channel: one of the two speakers, or both mixed into one.

One speaker's connection is joined with the other's by their call's id (`legs.py`). A mixed one is a
call by itself, in which nobody is charged for what was said.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

from api.auth import Grant
from api.doors.clock import ArrivalClock
from api.doors.door import Door
from api.doors.entrance import Entrance
from api.doors.fed_call import FedCall
from api.doors.inbox import Inbox, Incoming
from api.doors.legs import HOLE_S
from api.doors.mono_asked import MonoAsked
from api.live.refusals import Refused
from api.live.wire_audio import WireFormat
from qa_engine.events import Role

LOOK_S = 0.25
"""How often time passes for a connection that sends nothing."""


class Mono(Protocol):
    """A connection's place in its call. Times are monotonic seconds."""

    @property
    def call(self) -> FedCall: ...
    async def hear(self, data: bytes, came_s: float) -> None: ...
    async def wait(self) -> None:
        """Nothing came for a moment."""

    async def end(self, came_s: float) -> None: ...
    async def lost(self, reason: str) -> None: ...
    def leave(self) -> None:
        """The connection is gone, for whatever reason."""


class Mixed:
    """Both speakers in one channel."""

    def __init__(self, fed: FedCall, wire: WireFormat) -> None:
        self.call = fed
        self._clock = ArrivalClock(wire.bytes_per_second, patience_s=HOLE_S)

    async def hear(self, data: bytes, came_s: float) -> None:
        await self.call.hear(self._clock.push(data, came_s))

    async def wait(self) -> None:
        await self.call.hear(self._clock.poll(time.monotonic()))

    async def end(self, came_s: float) -> None:
        await self.call.hear(self._clock.close(came_s))
        self.call.end()

    async def lost(self, reason: str) -> None:
        self.call.lost(reason)

    def leave(self) -> None:
        return


async def enter(
    entrance: Entrance, door: Door, address: str, grant: Grant, asked: MonoAsked, wire: WireFormat
) -> Mono:
    """The place of this connection in its call, which is opened where nobody was there before.

    Raises `Refused`.
    """
    if asked.role == "mixed":
        alone = asked.model_copy(update={"roles": ()})
        fed = await FedCall.enter(entrance.calls, grant, alone, wire)
        entrance.sightings.call(door, fed.call_id, address)
        return Mixed(fed, wire)
    leg = await entrance.legs.enter(grant, asked, Role(asked.role), wire)
    entrance.sightings.call(door, leg.call.call_id, address)
    return leg


@asynccontextmanager
async def held(mono: Mono) -> AsyncIterator[None]:
    """Whatever breaks within, call and connection are left as they should be."""
    try:
        yield
    except Refused as refused:
        await mono.lost(refused.reason)
        raise
    except Exception:
        mono.call.fail()
    finally:
        mono.leave()


async def next_message(inbox: Inbox, mono: Mono) -> Incoming:
    """What comes next; meanwhile time passes."""
    while True:
        if (message := await inbox.receive_within(LOOK_S)) is not None:
            return message
        await mono.wait()
