"""Which calls are taken: whether there is room, and whether this token and this moment fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sized

from api.live.call_handle import CallHandle
from api.live.call_info import CallInfo
from api.live.call_state import CallState
from api.live.event_log import CallKnown, EventLog, LogUnavailable
from api.live.kept_sounds import KeptSounds
from api.live.refusals import Refused, Why
from api.live.restoring import details
from api.settings import Settings
from qa_engine.dialogue import Basis

GAP_SLACK_MS = 5_000
"""A feeder may have had so much in its buffers that we never got."""


def hears(info: CallInfo) -> bool:
    """Whether the recogniser has a part in the call."""
    return info.basis is Basis.SOUND


class Admission:
    """Asked before a call is opened or resumed."""

    def __init__(
        self,
        settings: Settings,
        event_log: EventLog,
        running: Sized,
        reasons: Callable[[], str | None],
        *,
        busy: Callable[[], str | None],
        sounds: KeptSounds,
    ) -> None:
        """`reasons`: why the parts of the server could not serve one more call, or None; `busy`:
        why the recogniser could not hear one more in time, whose sound is kept instead."""
        self._settings = settings
        self._log = event_log
        self._running = running
        self._reasons = reasons
        self._busy = busy
        self._sounds = sounds

    def refusal(self, *, hears: bool = True) -> str | None:
        """Why a new call would be refused now, or None. `hears` False: one that comes as text."""
        count, most = len(self._running), self._settings.max_calls
        if count >= most:
            return f"{count} calls are running, max_calls is {most}"
        if reason := self._reasons():
            return reason
        busy = self._busy() if hears else None
        unkept = self._sounds.refusal() if busy else None
        return f"{busy}, and {unkept}" if unkept else None

    def busy(self, info: CallInfo) -> str | None:
        """Why a call that is taken now is heard later; None: it is heard live, or comes as text."""
        return self._busy() if hears(info) else None

    def check_open(self, info: CallInfo, *, is_running: bool) -> None:
        """Raises `Refused`."""
        call_id, reason = info.call_id, self.refusal(hears=hears(info))
        if reason is not None:
            raise Refused(Why.OVERLOADED, f"no new call is taken: {reason}")
        if is_running:
            raise Refused(
                Why.BUSY_CALL,
                f"call {call_id} is running already: to go on with it, connect with resume=true",
            )

    async def register(self, call: CallHandle, token: tuple[str, float] | None) -> None:
        """Write the call down. `token`: jti and expiry, good for one call. Raises `Refused`."""
        call_id, info = call.call_id, call.live.info
        try:
            if await self._log.call(call_id) is not None:
                raise CallKnown
            if token is not None and await self._log.spend(token[0], call_id, token[1]) != call_id:
                raise Refused(Why.TOKEN, "this feed token has opened a call before: mint a new one")
            await self._log.open_call(call_id, details(info, call.feed.format))
        except CallKnown:
            raise Refused(
                Why.BUSY_CALL, f"there was a call {call_id} before: use a new id"
            ) from None
        except LogUnavailable as error:
            raise Refused(Why.OVERLOADED, f"no new call is taken: {error}") from error

    def check_resume(self, call: CallHandle, from_ms: int | None) -> None:
        """Raises `Refused` when the call cannot have come to `from_ms`, or waits for a restart."""
        if call.live.state is CallState.SUSPENDED:
            raise Refused(Why.OVERLOADED, "the server restarts: come back in a while")
        most_ms, received_ms = self.most_ms(call), call.feed.received_ms
        if from_ms is not None and from_ms > most_ms:
            raise Refused(
                Why.BAD_REQUEST,
                f"query from_ms is {from_ms}, the call has {received_ms} ms and can be at "
                f"{most_ms} by now: go on from what `received` told, or leave from_ms out",
            )

    def most_ms(self, call: CallHandle) -> int:
        """The furthest that a call can have come since its feeder was last heard."""
        received_ms = call.feed.received_ms
        passed_ms = (time.monotonic() - call.heard_s) * 1_000
        most_ms = received_ms + round(passed_ms * self._settings.max_speed) + GAP_SLACK_MS
        return min(most_ms, max(self._settings.max_call_s * 1_000, received_ms))
