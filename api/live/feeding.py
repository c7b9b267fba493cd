"""The feeder's side of a call: sound or words come in, a connection breaks and comes back.

No faster than the others' turns, `max_speed` and the recogniser allow: a feeder that sends faster
is not read meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from api.live.admission import Admission
from api.live.call_handle import CallHandle
from api.live.call_outcome import CallOutcome
from api.live.call_state import CallState
from api.live.endings import EndReason
from api.live.feed import slices
from api.live.recordings import Recordings
from api.live.refusals import Refused, Why
from api.live.text_session import LineRead
from api.settings import Settings
from models.recogniser import Samples

log = logging.getLogger("qa_engine.calls")

SLICE = 3_200
"""Samples that one call may take in before the others have their turn: 200 ms."""
SLICE_MS = SLICE // 16


class Do(Protocol):
    """Carries out what an input led to."""

    def __call__(self, call: CallHandle, outcome: CallOutcome) -> None: ...


class Close(Protocol):
    """Ends a call: no more sound comes."""

    def __call__(self, call: CallHandle, reason: EndReason, *, gone: str = "") -> None: ...


class Feeding:
    """Of all calls; each has one feeder at a time."""

    def __init__(
        self,
        settings: Settings,
        admission: Admission,
        recordings: Recordings | None,
        *,
        do: Do,
        close: Close,
    ) -> None:
        """`recordings`: where the sound is kept for people, if it is."""
        self._settings = settings
        self._admission = admission
        self._recordings = recordings
        self._do = do
        self._close = close

    async def resume(
        self, call: CallHandle, from_ms: int | None, *, by_our_clock: bool = False
    ) -> int:
        """A feeder is back. Raises `Refused` if `from_ms` cannot be, or the server is stopping.

        `by_our_clock`: a door reckoned it by this server's clock, so it is not checked.

        One that comes for a call that is closed already is there to hear how it ended.
        """
        self._admission.check_resume(call, None if by_our_clock else from_ms)
        number = call.attach()
        async with call.feeding:
            if number != call.feeders:
                raise Refused(Why.BUSY_CALL, f"another feeder took over call {call.call_id}")
            if call.is_over:
                return number
            log.info("call resumed", extra={"call_id": call.call_id})
            missing_ms = call.feed.resume(from_ms)
            reason = f"{missing_ms} ms missing" if missing_ms else ""
            self._do(call, call.live.found(reason, time.monotonic(), resumed=True))
            for ms, piece in call.feed.silence(missing_ms, SLICE_MS):
                if call.is_over or number != call.feeders:
                    break
                call.live.gap([ms] * call.feed.format.channels)
                await self._take_in(call, piece)
        return number

    async def hear(self, call: CallHandle, data: bytes) -> None:
        """Bytes of the call's next audio, at most as fast as `max_speed` and the decoder allow."""
        self.alive(call)
        async with call.feeding:
            for piece in slices(call.feed.push(data), SLICE):
                if call.is_over:
                    return
                await self._take_in(call, piece)
        if call.live.at_ms > self._settings.max_call_s * 1_000:
            self._close(call, "too_long")
        ahead_s = call.live.at_ms / 1_000 / self._settings.max_speed
        wait_s = call.began_s + ahead_s - time.monotonic() - 1.0
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def hear_partly(self, call: CallHandle, missing_ms: Sequence[int], data: bytes) -> None:
        """Bytes of which `missing_ms` of each channel are filled-in silence."""
        if not call.is_over and any(missing_ms):
            call.live.gap(missing_ms)
        await self.hear(call, data)

    async def read(self, call: CallHandle, line: LineRead) -> None:
        """The next line, or a revision of one, of a call that comes as text."""
        self.alive(call)
        self._do(call, call.live.read(line, time.monotonic()))
        await call.room()
        await asyncio.sleep(0)

    def alive(self, call: CallHandle) -> None:
        """Its feeder showed life: audio, or a KeepAlive in a hold."""
        now_s = call.heard_s = time.monotonic()
        if call.live.state is CallState.LOST and call.connected:
            self._do(call, call.live.found("the feeder sends again", now_s))

    def lost(self, call: CallHandle, number: int, reason: str) -> None:
        """That feeder's connection broke; unless another is there, it has `resume_s` to return."""
        if call.detach(number):
            log.info("feeder lost: %s", reason, extra={"call_id": call.call_id})
            self._do(call, call.live.lost(reason, time.monotonic()))

    def finalize(self, call: CallHandle) -> None:
        """Finish what is being said, without waiting for a pause."""
        self._do(call, call.live.finalize(time.monotonic()))

    async def _take_in(self, call: CallHandle, piece: Samples) -> None:
        """Some of one call's sound, and then the others have their turn."""
        if self._recordings is not None and call.live.info.hearing == "live":
            info, at_ms = call.live.info, call.live.heard_ms
            trouble = self._recordings.hear(info.call_id, len(info.roles), at_ms, piece)
            if trouble:
                self._do(call, call.live.notice("sound", trouble))
        now_s = time.monotonic()
        arrived_s = call.arrived_s(piece.shape[1], now_s)
        self._do(call, call.live.hear(piece, now_s, arrived_s=arrived_s))
        await call.room()
        await asyncio.sleep(0)
