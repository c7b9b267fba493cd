"""One test call, as a door's client gets it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from api.clients.recording import LineAudio
from api.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorTrial:
    """One test call. `url` such as ws://127.0.0.1:8765; `token` feeds this call."""

    url: str
    token: str
    call_id: str
    agent: str
    roles: tuple[str, ...]
    speed: float
    audio: LineAudio
    said: tuple[Mapping[str, Any], ...]
    """The words of it: `role`, `text`, `begin_ms`, `end_ms` of each line."""
    settings: Settings


DoorClient = Callable[[DoorTrial], Awaitable[None]]
"""Sends the whole call and hangs up. Raises what its connection raises."""
