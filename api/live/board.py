"""The supervisor's view: one line for each call, newest state only, and alerts as they come."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from api.live.board_messages import CallGone, CallTold
from api.live.event_log import LogEntry
from api.live.message_parts import Message
from api.live.watchers import Watcher, Watchers

ENDED_KEPT = 50


class Board:
    """Lines of running calls and of the last that ended."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lines: OrderedDict[str, CallTold] = OrderedDict()
        self._watchers = Watchers()
        self._seq = 0
        self._elsewhere: set[str] = set()
        self.share: Callable[[CallTold], None] = lambda line: None
        """Is told of each line that changes here, for other servers."""

    def __len__(self) -> int:
        return len(self._watchers)

    def lines(self) -> list[CallTold]:
        return list(self._lines.values())

    def line(self, call_id: str) -> CallTold | None:
        return self._lines.get(call_id)

    def elsewhere(self) -> list[CallTold]:
        """Lines of calls that run at other servers."""
        lines = [self._lines[call_id] for call_id in self._elsewhere if call_id in self._lines]
        return [line for line in lines if line.state != "ended"]

    def watch(self) -> tuple[list[str], Watcher]:
        """The board as it is, and a watcher for what changes."""
        watcher = Watcher(capacity=self._capacity, supervisor=True)
        self._watchers.add(watcher)
        return [line.wire() for line in self._lines.values()], watcher

    def leave(self, watcher: Watcher) -> None:
        """This watcher is gone."""
        self._watchers.remove(watcher)

    def update(self, line: CallTold) -> None:
        """Of a call that is here."""
        self._elsewhere.discard(line.call_id)
        self.share(line)
        self._change(line)

    def show(self, line: CallTold) -> None:
        """Of a call that is at another server."""
        if self._lines.get(line.call_id) != line:
            self._elsewhere.add(line.call_id)
            self._change(line)

    def _change(self, line: CallTold) -> None:
        self._lines[line.call_id] = line
        self._tell(line, line.call_id)
        ended = [one.call_id for one in self._lines.values() if one.state == "ended"]
        for call_id in ended[: max(len(ended) - ENDED_KEPT, 0)]:
            del self._lines[call_id]
            self._elsewhere.discard(call_id)
            self._tell(CallGone(call_id=call_id), call_id)

    def alert(self, entries: Iterable[LogEntry]) -> None:
        """At once, to all who watch the board."""
        self._watchers.tell(list(entries))

    def end(self, close: int) -> None:
        """Every watcher is told that it is over."""
        self._watchers.end(close)

    def _tell(self, message: CallTold | CallGone, call_id: str) -> None:
        self._seq += 1
        entry = LogEntry(
            call_id=call_id, seq=self._seq, type=message.type, body=_wire(message), slot=call_id
        )
        self._watchers.tell([entry])


def _wire(message: Message) -> str:
    return message.wire()
