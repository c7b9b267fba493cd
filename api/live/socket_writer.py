"""The only writer of a socket: what was told before, then what is told, to its last message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from starlette.websockets import WebSocket, WebSocketDisconnect

from api.live.event_log import LogEntry
from api.live.metrics import Metrics
from api.live.refusals import Refused, Why
from api.live.socket_auth import refuse
from api.live.watchers import Watcher

GONE = (WebSocketDisconnect, RuntimeError, OSError)
"""What sending raises when the peer is not there any more."""


class SocketWriter:
    """For one watcher. `seq` is the last that was sent of its call."""

    def __init__(
        self,
        socket: WebSocket,
        watcher: Watcher,
        metrics: Metrics,
        *,
        send_timeout_s: float,
        one_call: bool = True,
    ) -> None:
        """`one_call`: all entries are of one call, whose `seq` rises. A board is told of many."""
        self.seq = 0
        self._one_call = one_call
        self._socket = socket
        self._watcher = watcher
        self._metrics = metrics
        self._timeout_s = send_timeout_s

    async def run(
        self,
        told: Sequence[str | LogEntry],
        *,
        every_s: float,
        between: Callable[[bool], str | None],
    ) -> None:
        """Send `told`, then all that comes until the watcher is over; then close as it says.

        At least `every_s` seconds `between` is asked for a message of its own; it is told whether
        nothing else was sent. Of one call no entry is sent twice, whatever `told` and the watcher
        share.
        """
        watcher = self._watcher
        try:
            for one in told:
                await self._send(one)
            while not (watcher.over and watcher.is_empty):
                entries = await watcher.next(every_s)
                if watcher.too_slow:
                    raise Refused(
                        Why.TOO_SLOW,
                        f"messages are not read fast enough: reconnect, last_seq={self.seq}",
                    )
                for entry in entries:
                    await self._send(entry)
                own = None if watcher.over else between(not entries)
                if own is not None:
                    await self._send(own)
            await self._socket.close(watcher.close)
        except Refused as refused:
            self._metrics.slow.inc()
            await refuse(self._socket, refused)
        except TimeoutError:
            self._metrics.slow.inc()
            await self._drop()
        except GONE:
            return

    async def _send(self, one: str | LogEntry) -> None:
        if isinstance(one, LogEntry) and self._one_call:
            if one.seq <= self.seq:
                return
            self.seq = one.seq
        text = one.body if isinstance(one, LogEntry) else one
        await asyncio.wait_for(self._socket.send_text(text), self._timeout_s)

    async def _drop(self) -> None:
        """Close without waiting for a peer that does not read."""
        try:
            await asyncio.wait_for(self._socket.close(Why.TOO_SLOW.value.close), 1.0)
        except (TimeoutError, *GONE):
            return
