"""What time alone brings: lines on the board, feeders gone silent, stats, an old log."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from api.live.running import Running

if TYPE_CHECKING:
    from api.live.floor import Floor

log = logging.getLogger("qa_engine.upkeep")

SWEEP_S = 0.5
FORGET_EVERY_S = 3_600.0


async def keep_up(floor: Floor) -> None:
    """Until cancelled: twice a second look after every call, once an hour after the log."""
    forgot_s = float("-inf")
    while True:
        await asyncio.sleep(SWEEP_S)
        now_s = time.monotonic()
        for call in floor.running:
            try:
                look_after(floor, call, now_s)
            except Exception:
                floor.fail(call)
        floor.tell_depth()
        if now_s - forgot_s >= FORGET_EVERY_S:
            forgot_s = now_s
            await _forget_old(floor)


def look_after(floor: Floor, call: Running, now_s: float) -> None:
    """The board's line, a feeder that is gone or silent, stats, a suspicious sample rate."""
    if call.dirty:
        call.dirty = False
        floor.board.update(call.live.summary())
    if call.is_closing:
        return
    settings = floor.settings
    if call.lost_s is not None:
        # Pings find out a connection that is dead: an open one is a hold, and may be long.
        since_s, patience_s = call.lost_s, settings.resume_s
        if call.connected:
            since_s, patience_s = call.heard_s, settings.pause_s
        if now_s - since_s >= patience_s:
            floor.do(call, call.live.connection("gone", f"no audio for {patience_s:g} s"))
            floor.close(call, "lost")
        return
    if now_s - call.heard_s >= settings.idle_s:
        floor.silent(call, f"nothing was sent for {settings.idle_s:g} s")
    if now_s - call.stats_s >= settings.stats_s:
        call.stats_s = now_s
        floor.do(call, call.live.stats())
    suspicion = call.suspicion(now_s)
    if suspicion is not None:
        floor.do(call, call.live.notice("sample_rate", suspicion))


async def _forget_old(floor: Floor) -> None:
    try:
        gone = await floor.filing.forget(floor.settings.log_days)
    except Exception:
        log.exception("old calls are still in the log")
    else:
        if gone:
            log.info("%d filed calls left the log", gone)
