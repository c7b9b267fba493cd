"""What a call told, on disk before anyone is told: what any log of live calls must do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One message of one call as it goes over the wire."""

    call_id: str
    seq: int
    type: str
    body: str
    slot: str = ""
    """Not empty: a passing state, which the next entry of the same slot replaces (a partial)."""
    supervisor: bool = False
    """The agent is not told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCall:
    """A call the log knows. Times are Unix seconds; `ended_s` is None for one that never ended."""

    call_id: str
    began_s: float
    ended_s: float | None
    details: dict[str, str]


class LogUnavailable(Exception):
    """Nothing can be written now, such as on a full disk; later it may be. Says why."""


class LogDead(Exception):
    """Nothing can be written any more before a restart. Says why."""


class CallMoved(Exception):
    """Another server has the call by now: this one tells nothing more of it."""


class CallKnown(Exception):
    """There was a call of that id before."""


class EventLog(Protocol):
    """Whatever keeps calls. Writes raise `LogUnavailable` or `LogDead`.

    Several servers may share one: then each running call is one server's, and what another one
    writes of it raises `CallMoved`.
    """

    @property
    def dead(self) -> str | None:
        """Why nothing can be written until a restart, as a sentence; None while all is well."""

    async def open_call(self, call_id: str, details: dict[str, str]) -> None:
        """Raises `CallKnown`."""

    async def append(self, entries: Sequence[LogEntry], checkpoint: str = "") -> None:
        """Returns when the entries would survive a crash.

        `checkpoint`: the call's state after the last of them; it replaces the one before.
        """

    async def checkpoint(self, call_id: str) -> str:
        """The newest of a running call; empty without one."""

    async def running(self) -> list[LoggedCall]:
        """Calls that have not ended, the oldest first."""

    async def take_over(self, call_id: str = "") -> list[LoggedCall]:
        """Running calls that no server has, from here on this one's, the oldest first.

        `call_id`: only that one.
        """

    async def let_go(self, call_id: str) -> None:
        """This server says nothing more of the call: another one may go on with it."""

    async def end_call(self, call_id: str) -> None: ...

    async def spend(self, jti: str, call_id: str, expires_s: float) -> str:
        """The call this token opened: `call_id`, or another one if it was used before."""

    async def entries(self, call_id: str, after_seq: int = 0) -> list[LogEntry]: ...

    async def calls(self, *, limit: int = 500) -> list[LoggedCall]: ...

    async def call(self, call_id: str) -> LoggedCall | None: ...

    async def mark_filed(self, call_id: str) -> None:
        """The call's report is in the store: the log may forget it one day."""

    async def unfiled(self) -> list[str]:
        """Calls that have ended and were never filed, the oldest first."""

    async def forget(self, before_s: float) -> int:
        """Take out filed calls that ended before this Unix time; returns how many."""

    async def probe(self) -> None:
        """Write something that means nothing, to learn whether writing works."""

    def close(self) -> None: ...
