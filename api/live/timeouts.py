"""What time alone does to a call: its feeder counts as silent, then as gone; stats are told."""

from __future__ import annotations

from collections.abc import Iterator

from api.live.call_handle import CallHandle
from api.live.call_outcome import CallOutcome
from api.live.call_state import CallState
from api.settings import Settings


def gone(call: CallHandle, settings: Settings, now_s: float) -> str:
    """Why the call is waited for no longer; empty while it is."""
    if call.live.state is not CallState.LOST:
        return ""
    # Pings find out a connection that is dead: an open one is a hold, and may be long.
    since_s, patience_s = call.live.since_s, settings.resume_s
    if call.connected:
        since_s, patience_s = call.heard_s, settings.pause_s
    return f"no audio for {patience_s:g} s" if now_s - since_s >= patience_s else ""


def due(call: CallHandle, settings: Settings, now_s: float) -> Iterator[CallOutcome]:
    """What has to be told of a call by now."""
    if call.live.state is not CallState.LIVE:
        return
    if now_s - call.heard_s >= settings.idle_s:
        yield call.live.lost(f"nothing was sent for {settings.idle_s:g} s", now_s)
    if now_s - call.stats_s >= settings.stats_s:
        call.stats_s = now_s
        yield call.live.stats()
    suspicion = call.suspicion(now_s)
    if suspicion is not None:
        yield call.live.notice("sample_rate", suspicion)
