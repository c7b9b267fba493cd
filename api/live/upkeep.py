"""What time does to all calls: each is looked after twice a second, and the log once an hour."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from api.live import timeouts
from api.live.board import Board
from api.live.call_handle import CallHandle
from api.live.decoder import DecodingThread
from api.live.feeding import Close, Do
from api.live.filing import Filing
from api.live.metrics import Metrics
from api.live.publisher import Publisher
from api.settings import Settings

log = logging.getLogger("qa_engine.calls")

SWEEP_S = 0.5
FORGET_EVERY_S = 3_600.0


class Upkeep:
    """Of the calls that run; `timeouts.py` says when a call is lost, silent or gone."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        board: Board,
        publisher: Publisher,
        filing: Filing,
        decoder: DecodingThread,
        running: Mapping[str, CallHandle],
        *,
        do: Do,
        close: Close,
        fail: Callable[[CallHandle], None],
    ) -> None:
        self._settings = settings
        self._metrics = metrics
        self._board = board
        self._publisher = publisher
        self._filing = filing
        self._decoder = decoder
        self._running = running
        self._do = do
        self._close = close
        self._fail = fail

    async def run(self) -> None:
        """Until cancelled: twice a second look after every call, once an hour after the log."""
        forgot_s = float("-inf")
        while True:
            await asyncio.sleep(SWEEP_S)
            now_s = time.monotonic()
            self._sweep(now_s)
            behind_ms = max(
                (call.behind_ms(now_s) for call in list(self._running.values())), default=0
            )
            self._metrics.waits(self._decoder.depth(), behind_ms)
            if self._publisher.unavailable is not None:
                await self._publisher.probe()
            if now_s - forgot_s >= FORGET_EVERY_S:
                forgot_s = now_s
                await self._forget_old()

    def _sweep(self, now_s: float) -> None:
        """A frame of its own: a loop in `run` would hold the last call until there is another."""
        for call in list(self._running.values()):
            try:
                self._look_after(call, now_s)
            except Exception:
                self._fail(call)

    def _look_after(self, call: CallHandle, now_s: float) -> None:
        behind_ms = call.behind_ms(now_s)
        if call.has_news_for_board(behind_ms):
            self._board.update(call.live.summary(behind_ms))
        if reason := timeouts.gone(call, self._settings, now_s):
            forgotten = call.restored and not call.feeders
            self._close(call, "server_restarted" if forgotten else "lost", gone=reason)
        for outcome in timeouts.due(call, self._settings, now_s):
            self._do(call, outcome)

    async def _forget_old(self) -> None:
        try:
            gone = await self._filing.forget(self._settings.log_days)
        except Exception:
            log.exception("old calls are still in the log")
        else:
            if gone:
                log.info("%d filed calls left the log", gone)
