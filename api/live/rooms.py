"""Who watches which call: a room for each, open from the first watcher to the last."""

from __future__ import annotations

from collections.abc import Callable

from api.live.event_log import Entry, EventLog
from api.live.watchers import Watcher, Watchers


class Rooms:
    """Watchers by call. `is_running` tells whether a call still has something to say."""

    def __init__(self, event_log: EventLog, is_running: Callable[[str], bool]) -> None:
        self._log = event_log
        self._is_running = is_running
        self._rooms: dict[str, Watchers] = {}

    def __len__(self) -> int:
        """All who watch."""
        return sum(map(len, self._rooms.values()))

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._rooms

    def of(self, call_id: str) -> Watchers:
        """The call's room, made if need be."""
        return self._rooms.setdefault(call_id, Watchers())

    async def enter(
        self, call_id: str, watcher: Watcher, after_seq: int
    ) -> tuple[list[Entry], Watchers]:
        """What was told before; from here on `watcher` is told the rest. Leave the room after."""
        room = self.of(call_id)
        room.add(watcher)
        backlog = await self._log.entries(call_id, after_seq)
        if not self._is_running(call_id) and backlog and backlog[-1].type == "ended":
            watcher.end()
        return [e for e in backlog if watcher.supervisor or not e.supervisor], room

    def leave(self, call_id: str, room: Watchers, watcher: Watcher) -> None:
        room.remove(watcher)
        if not self._is_running(call_id):
            self.close_if_empty(call_id, room)

    def close_if_empty(self, call_id: str, room: Watchers) -> None:
        if not len(room) and self._rooms.get(call_id) is room:
            del self._rooms[call_id]

    def end(self) -> None:
        """Nothing more will be told to anyone."""
        for room in self._rooms.values():
            room.end()
