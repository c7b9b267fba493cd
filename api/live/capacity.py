"""Whether this machine has time to hear one more call live."""

from __future__ import annotations

from api.live.decoder import DecodingThread

__all__ = ["why_busy"]


def why_busy(decoder: DecodingThread, live_calls: int) -> str | None:
    """Why a call beside `live_calls` others would be heard too late, or None."""
    most = decoder.cost.live_calls
    if most is not None and live_calls >= most:
        calls = "1 call" if most == 1 else f"{most} calls"
        return f"this machine hears {calls} with {decoder.recogniser.name} live"
    return decoder.refusal()
