"""Who watches a call: each with its own outbox, so that a slow one slows nobody."""

from __future__ import annotations

import asyncio

from api.live.event_log import Entry
from api.live.outbox import Outbox


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
        self._outbox = Outbox(capacity)
        self._wake = asyncio.Event()

    def tell(self, entry: Entry) -> None:
        if self.too_slow or (entry.supervisor and not self.supervisor):
            return
        if entry.seq <= self.after_seq or (self._kinds and entry.type not in self._kinds):
            return
        if not self._outbox.offer(entry):
            self.too_slow = True
        self._wake.set()

    def end(self) -> None:
        """Nothing more will be told."""
        self.over = True
        self._wake.set()

    @property
    def is_empty(self) -> bool:
        return not len(self._outbox)

    async def next(self, timeout_s: float) -> list[Entry]:
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

    def tell(self, entries: list[Entry]) -> None:
        for watcher in self._all:
            for entry in entries:
                watcher.tell(entry)

    def end(self) -> None:
        for watcher in self._all:
            watcher.end()
