"""One call as a door feeds it: opened or gone on with, heard piece by piece, left well or badly.

A door knows its own wire and nothing of calls; this knows calls and nothing of wires. Several
connections may share one, such as one for each speaker.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from starlette.websockets import WebSocketDisconnect

from api.auth import Grant
from api.doors.clock import ClockedSound
from api.doors.timeline import SoundBlock
from api.live.call_asked import CallAsked
from api.live.call_handle import CallHandle
from api.live.calls import LiveCalls
from api.live.refusals import Refused, Why
from api.live.text_session import LineRead
from api.live.watchers import Watcher
from api.live.wire_audio import WireFormat, quiet
from qa_engine.dialogue import Basis

KEEP_S = 86_400
"""How long after its end a used token is remembered."""
SILENCE_MS = 1_000


class FedCall:
    """See the module. Everything in it runs on the server's event loop."""

    def __init__(self, calls: LiveCalls, call: CallHandle, number: int) -> None:
        self._calls = calls
        self._number = number
        self.handle = call

    @classmethod
    async def enter(
        cls, calls: LiveCalls, grant: Grant, asked: CallAsked, audio_format: WireFormat
    ) -> FedCall:
        """Open the call that is asked for; one that runs already is gone on with.

        What was not sent in between is missing, by the clock. Raises `Refused`.
        """
        call_id = asked.call_for(grant)
        running = calls.find(call_id) or await calls.fetch(call_id)
        if running is None:
            info = asked.info(call_id, audio_format.channels)
            token = (grant.jti, float(grant.expires_s + KEEP_S))
            call = await calls.open(info, audio_format, token=token)
            await use_ticket(calls, grant)
            return cls(calls, call, call.attach())
        opened = await calls.log.spend(grant.jti, call_id, float(grant.expires_s + KEEP_S))
        if opened != call_id:
            raise Refused(Why.TOKEN, "this feed token belongs to another call")
        await use_ticket(calls, grant)
        if running.feed.format != audio_format:
            raise Refused(Why.BAD_REQUEST, f"call {call_id} began with another audio format")
        from_ms = _by_clock(calls, running)
        number = await calls.feeding.resume(running, from_ms, by_our_clock=True)
        return cls(calls, running, number)

    @property
    def call_id(self) -> str:
        return self.handle.call_id

    @property
    def is_over(self) -> bool:
        """Whether it takes no more sound."""
        return self.handle.is_over

    @property
    def most_ms(self) -> int:
        """The furthest that the call can have come by now."""
        return self._calls.admission.most_ms(self.handle)

    async def hear(self, pieces: Iterable[ClockedSound]) -> None:
        """The next sound of all channels, with holes where nothing was sent."""
        wire = self.handle.feed.format
        for piece in pieces:
            left_ms = piece.missing_ms
            while left_ms > 0 and not self.is_over:
                ms = min(left_ms, SILENCE_MS)
                silence = quiet(wire, ms * wire.sample_rate // 1_000)
                await self._hear([ms] * wire.channels, silence)
                left_ms -= ms
            await self._hear([0] * wire.channels, piece.data)

    async def join(self, blocks: Iterable[SoundBlock]) -> None:
        """The next sound of both legs."""
        for block in blocks:
            await self._hear(block.missing_ms, block.data)

    async def read(self, line: LineRead) -> None:
        """A line, or a revision of one, of a call that comes as text."""
        self._check()
        await self._calls.feeding.read(self.handle, line)

    def lasts(self, duration_ms: int) -> None:
        """How long a call lasted that comes as text."""
        self.handle.live.lasts(duration_ms)

    async def _hear(self, missing_ms: Sequence[int], data: bytes) -> None:
        self._check()
        await self._calls.feeding.hear_partly(self.handle, missing_ms, data)

    def _check(self) -> None:
        if self._number != self.handle.feeders:
            raise Refused(Why.BUSY_CALL, f"another feeder took over call {self.call_id}")

    def alive(self) -> None:
        """The other side is there, and has nothing to send for now."""
        self._calls.feeding.alive(self.handle)

    def notice(self, code: str, text: str) -> None:
        """Tell whoever watches what is odd about this feeder."""
        self._calls.do(self.handle, self.handle.live.notice(code, text))

    def finalize(self) -> None:
        """What is being said ends here, without waiting for a pause."""
        self._calls.feeding.finalize(self.handle)

    def end(self) -> None:
        """The call is over."""
        self._calls.close(self.handle, "closed")

    def lost(self, reason: str) -> None:
        """The connection is gone, and the call perhaps is not."""
        self._calls.feeding.lost(self.handle, self._number, reason)

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Whatever breaks within, the call is left as it should be."""
        try:
            yield
        except Refused as refused:
            self.lost(refused.reason)
            raise
        except WebSocketDisconnect:
            self.lost("the connection broke")
        except Exception:
            self.fail()

    def unwatch(self, watcher: Watcher) -> None:
        """It is told nothing more of this call."""
        self._calls.watchers.leave(self.call_id, self.handle.watchers, watcher)

    def fail(self) -> None:
        """Something of ours broke."""
        self._calls.fail(self.handle)


async def use_ticket(calls: LiveCalls, grant: Grant) -> None:
    """From here on it opens nothing. Raises `Refused` where it did already."""
    if not grant.ticket:
        return
    mine = secrets.token_hex(8)
    first = await calls.log.spend(f"ticket-{grant.jti}", mine, float(grant.expires_s + KEEP_S))
    if first != mine:
        raise Refused(Why.TOKEN, "this ticket has opened a connection before: mint a new one")


def _by_clock(calls: LiveCalls, call: CallHandle) -> int | None:
    """Where a telephone call is by now; of words nothing is missing.

    By our own clock, which no feeder sets: a server that is behind has heard less than was said.
    """
    if call.live.info.basis is not Basis.SOUND:
        return None
    clock_ms = round((time.monotonic() - call.began_s) * 1_000)
    return max(min(clock_ms, calls.settings.max_call_s * 1_000), call.feed.received_ms)
