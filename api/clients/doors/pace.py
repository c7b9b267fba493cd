"""Sound in equal pieces at the speed of a telephone line, or so many times faster."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from api.clients.recording import LineAudio


async def frames(
    audio: LineAudio, *, frame_ms: int = 20, speed: float = 1.0
) -> AsyncIterator[bytes]:
    """Each when it is due, so that delays do not add up."""
    size = audio.at(frame_ms)
    began_s = time.monotonic()
    for number, at in enumerate(range(0, len(audio.data), size)):
        due_s = began_s + number * frame_ms / 1_000 / speed
        await asyncio.sleep(max(due_s - time.monotonic(), 0.0))
        yield audio.data[at : at + size]
