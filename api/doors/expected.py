"""Connections that are announced before they come, for wires that can show nothing but a number.

Whoever may feed a call announces one speaker's connection and gets a UUID, or names one of his own.
It opens one connection within two minutes, and is random (122 bits).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from api.auth import Grant
from api.doors.mono_asked import MonoAsked
from api.live.refusals import Refused, Why

LIFE_S = 120.0
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Announced:
    """Who comes, by whose leave."""

    asked: MonoAsked
    grant: Grant
    until_s: float


class Expected:
    """Of one server."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._waiting: dict[UUID, Announced] = {}
        """In the order in which they end."""

    def announce(self, grant: Grant, asked: MonoAsked, uuid: UUID | None = None) -> UUID:
        """Raises `Refused`: this UUID is waited for already, or too many are."""
        self._forget()
        if uuid in self._waiting:
            raise Refused(
                Why.BUSY_CALL, "this UUID is announced already: use a new one for each connection"
            )
        if len(self._waiting) >= MOST:
            raise Refused(Why.OVERLOADED, f"{MOST} connections are announced that did not come")
        # The call is named now, so that both speakers' connections find the same one.
        asked = asked.model_copy(update={"call_id": asked.call_for(grant)})
        uuid = uuid or uuid4()
        self._waiting[uuid] = Announced(asked, grant, self._now_s() + LIFE_S)
        return uuid

    def take(self, uuid: UUID) -> Announced:
        """Who comes by this number; it is good for nothing after that. Raises `Refused`."""
        self._forget()
        found = self._waiting.pop(uuid, None)
        if found is None:
            raise Refused(
                Why.TOKEN,
                "nobody announced this UUID, it came before, or more than "
                f"{LIFE_S:g} s ago: POST /v1/audiosocket for each connection",
            )
        return found

    def _forget(self) -> None:
        now_s = self._now_s()
        while self._waiting:
            first = next(iter(self._waiting))
            if self._waiting[first].until_s > now_s:
                return
            del self._waiting[first]
