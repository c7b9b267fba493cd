"""Who watches which call, and what waits for each: a slow one does not slow the others."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Container

from api.live.event_log import LogEntry

ReadEntries = Callable[[str, int], Awaitable[list[LogEntry]]]


class Outbox:
    """What waits for one watcher, in order of `seq`: bounded, a partial replaces its forerunner."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: deque[LogEntry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def offer(self, entry: LogEntry) -> bool:
        """False when the watcher is too far behind to be told everything."""
        if entry.slot and len(self._entries) > 1:
            kept = [waiting for waiting in self._entries if waiting.slot != entry.slot]
            if len(kept) < len(self._entries):
                self._entries = deque(kept)
        if len(self._entries) >= self._capacity:
            return False
        self._entries.append(entry)
        return True

    def take(self) -> list[LogEntry]:
        """Everything that waits."""
        taken = list(self._entries)
        self._entries.clear()
        return taken


class Watcher:
    """One connection's view of one call. `supervisor` sees what the agent does not."""

    def __init__(
        self, *, capacity: int, supervisor: bool, kinds: frozenset[str] | None = None
    ) -> None:
        """`kinds`: the only types of message it wants; None for all."""
        self.supervisor = supervisor
        self._kinds = kinds
        self.after_seq = 0
        """What was told before this, such as from the log, is not told again."""
        self.too_slow = False
        self.over = False
        self.close = 1000
        self._outbox = Outbox(capacity)
        self._wake = asyncio.Event()

    @property
    def wants_all(self) -> bool:
        return self._kinds is None

    def wants(self, entry: LogEntry) -> bool:
        return self._kinds is None or entry.type in self._kinds

    def tell(self, entry: LogEntry) -> None:
        """Queues a message; a watcher that does not read is cut off."""
        if self.too_slow or (entry.supervisor and not self.supervisor):
            return
        if entry.seq <= self.after_seq or not self.wants(entry):
            return
        if not self._outbox.offer(entry):
            self.too_slow = True
        self._wake.set()

    def end(self, close: int = 1000) -> None:
        """Nothing more will be told; its socket is closed with this code."""
        self.over = True
        self.close = close
        self._wake.set()

    @property
    def is_empty(self) -> bool:
        return not len(self._outbox)

    async def next(self, timeout_s: float) -> list[LogEntry]:
        """What is new; empty after `timeout_s` or when over."""
        if not len(self._outbox) and not self.over:
            try:
                await asyncio.wait_for(self._wake.wait(), timeout_s)
            except TimeoutError:
                return []
        self._wake.clear()
        return self._outbox.take()


class Watchers:
    """All who watch one call."""

    def __init__(self) -> None:
        self._all: set[Watcher] = set()

    def __len__(self) -> int:
        return len(self._all)

    def add(self, watcher: Watcher) -> None:
        self._all.add(watcher)

    def remove(self, watcher: Watcher) -> None:
        self._all.discard(watcher)

    def tell(self, entries: list[LogEntry]) -> None:
        for watcher in self._all:
            for entry in entries:
                watcher.tell(entry)

    def end(self, close: int = 1000) -> None:
        for watcher in self._all:
            watcher.end(close)


class CallWatchers:
    """Watchers by call, from the first who comes to the last who goes; before the call begins too.

    `running` holds the ids of calls that still have something to say.
    """

    def __init__(self, entries: ReadEntries, running: Container[str]) -> None:
        """`entries` gives what was told of a call after a seq."""
        self._entries = entries
        self._running = running
        self._calls: dict[str, Watchers] = {}

    def __len__(self) -> int:
        """All who watch."""
        return sum(map(len, self._calls.values()))

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._calls

    def ids(self) -> list[str]:
        """Of the calls that somebody watches, or that run here."""
        return [*self._calls]

    def of(self, call_id: str) -> Watchers:
        """The call's, made if need be."""
        return self._calls.setdefault(call_id, Watchers())

    async def enter(
        self, call_id: str, watcher: Watcher, after_seq: int
    ) -> tuple[list[LogEntry], Watchers]:
        """What was told before; from here on `watcher` is told the rest. `leave` after."""
        watchers = self.of(call_id)
        watchers.add(watcher)
        backlog = await self._entries(call_id, after_seq)
        if call_id not in self._running and backlog and backlog[-1].type == "ended":
            watcher.end()
        return [e for e in backlog if watcher.supervisor or not e.supervisor], watchers

    def leave(self, call_id: str, watchers: Watchers, watcher: Watcher) -> None:
        watchers.remove(watcher)
        if call_id not in self._running:
            self.close_if_empty(call_id, watchers)

    def close_if_empty(self, call_id: str, watchers: Watchers) -> None:
        if not len(watchers) and self._calls.get(call_id) is watchers:
            del self._calls[call_id]

    def end(self, close: int) -> None:
        """Nothing more will be told to anyone."""
        for watchers in self._calls.values():
            watchers.end(close)
