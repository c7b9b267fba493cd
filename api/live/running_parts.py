"""What must run as long as the server does; what died is told by /healthz and the journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from functools import partial

log = logging.getLogger("qa_engine.calls")


class RunningParts:
    """Tasks by the names that they have in /healthz."""

    def __init__(self) -> None:
        self._parts: dict[str, asyncio.Task[None]] = {}
        self._stopping = False

    def start(self, parts: Mapping[str, Coroutine[None, None, None]]) -> None:
        """From now on each must be running."""
        self._parts = {name: asyncio.create_task(part) for name, part in parts.items()}
        for name, part in self._parts.items():
            part.add_done_callback(partial(_tell_why, name))

    async def stop(self) -> None:
        """All of them, whatever they are at."""
        self._stopping = True
        for part in self._parts.values():
            part.cancel()
        await asyncio.gather(*self._parts.values(), return_exceptions=True)

    def dead(self) -> dict[str, str | None]:
        """Each with why it died, or None."""
        return {
            name: f"{name} has stopped" if part.done() and not self._stopping else None
            for name, part in self._parts.items()
        }


def _tell_why(name: str, part: asyncio.Task[None]) -> None:
    """Of a part that died: /healthz tells that, the journal tells where."""
    if not part.cancelled() and (error := part.exception()) is not None:
        log.critical("%s has stopped", name, exc_info=error)
