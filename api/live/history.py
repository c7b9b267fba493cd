"""What a call has told before somebody joins it: kept in the log, or still waiting for the log."""

from __future__ import annotations

from collections.abc import Mapping

from api.live.call_handle import CallHandle
from api.live.event_log import EventLog, LogEntry
from api.live.watchers import Watcher


class CallHistory:
    """Of all calls. `running`: those that still have something to say, by id."""

    def __init__(self, event_log: EventLog, running: Mapping[str, CallHandle]) -> None:
        self._log = event_log
        self._running = running

    async def entries(self, call_id: str, after_seq: int = 0) -> list[LogEntry]:
        """What was told of a call after `after_seq`, in order and without a gap.

        Whoever is to be told the rest must watch already: what is said from here on, and nothing
        before it, comes by that way.
        """
        call = self._running.get(call_id)
        # Taken before the log is read: a message that is written meanwhile would be in neither,
        # and a later one that still waits would hide that it is missing.
        waiting = tuple(call.unwritten) if call else ()
        kept = await self._log.entries(call_id, after_seq)
        last = kept[-1].seq if kept else after_seq
        return kept + [entry for entry in waiting if entry.seq > last]

    async def missed(self, call: CallHandle, watcher: Watcher) -> list[LogEntry]:
        """What a watcher that has just joined must be told first.

        All of it where it wants everything; of a call that is over else its last word.
        """
        if not watcher.wants_all and not call.live.state.is_final:
            return []
        entries = await self.entries(call.call_id)
        if watcher.wants_all:
            return entries
        return [entry for entry in entries[-1:] if watcher.wants(entry)]
