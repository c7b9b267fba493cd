"""What waits for one watcher: bounded, and without states that are already overtaken."""

from __future__ import annotations

from collections import deque

from api.live.event_log import Entry


class Outbox:
    """Entries in order of `seq`; a partial takes the place of the one before it."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: deque[Entry] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    def offer(self, entry: Entry) -> bool:
        """False when the watcher is too far behind to be told everything."""
        if entry.slot and len(self._entries) > 1:
            kept = [waiting for waiting in self._entries if waiting.slot != entry.slot]
            if len(kept) < len(self._entries):
                self._entries = deque(kept)
        if len(self._entries) >= self._capacity:
            return False
        self._entries.append(entry)
        return True

    def take(self) -> list[Entry]:
        """Everything that waits."""
        taken = list(self._entries)
        self._entries.clear()
        return taken
