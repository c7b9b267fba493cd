"""A server that stops: who is waited for, and for how long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

from api.live.call_handle import CallHandle

LOOK_S = 0.1


async def drained(
    running: Iterable[CallHandle], within_s: float, hurry: Callable[[], bool]
) -> None:
    """Wait until all have ended and told everything, or time is up, or `hurry` says so."""
    until_s = time.monotonic() + within_s
    waits = {asyncio.create_task(call.published.wait()) for call in running}
    while waits and time.monotonic() < until_s and not hurry():
        _, waits = await asyncio.wait(waits, timeout=LOOK_S)
    for wait in waits:
        wait.cancel()


async def within(timeout_s: float, tasks: Collection[asyncio.Task[Any]]) -> None:
    """Wait for all of them, or so long."""
    if tasks:
        await asyncio.wait(set(tasks), timeout=timeout_s)
