"""What a call says goes to the log, and when it is on disk to everyone who watches.

While the log cannot be written (a full disk) calls go on in memory for `memory_s`: watchers are
told at once, with a notice that nothing of it is kept yet, and when writing works again all of it
is written in order. A call that waits longer ends as failed.

When nothing will be written any more before a restart, nobody is told what nobody can keep: the
call stands as the log has it, and the next start goes on with it.
"""

from __future__ import annotations

import asyncio
import logging
import time

from api.live.board import Board
from api.live.call_handle import CallHandle
from api.live.call_state import CallState
from api.live.event_log import CallMoved, EventLog, LogDead, LogEntry, LogUnavailable

log = logging.getLogger("qa_engine.publisher")

RETRY_S = 1.0
NOT_KEPT = "not_kept"
KEPT_AGAIN = "kept_again"


class Publisher:
    """Of all calls. `unavailable`: why nothing can be written now, None while all is well."""

    def __init__(self, event_log: EventLog, board: Board, *, memory_s: float) -> None:
        self.unavailable: str | None = None
        self._log = event_log
        self._board = board
        self._memory_s = memory_s

    async def publish(self, call: CallHandle) -> bool:
        """Until the call has ended and its last message is kept, or was given up.

        False for a call that the next start goes on with, as far as it is in the log.
        """
        kept = True
        while (entries := await call.unsent(None if kept else RETRY_S)) is not None:
            try:
                kept = await self._publish(call, entries)
            except CallMoved:
                log.warning("call %s is at another server by now", call.call_id)
                call.live.suspend(0, time.monotonic())
                return False
            except LogDead as dead:
                log.error("call %s waits for the next start: %s", call.call_id, dead)
                call.live.suspend(0, time.monotonic())
                return False
            except Exception:
                log.exception("call %s cannot be written down and is given up", call.call_id)
                self._give_up(call)
                return True
            if not kept and time.monotonic() - call.unwritten_s >= self._memory_s:
                log.error("call %s is given up: %s", call.call_id, self.unavailable)
                self._give_up(call)
                return True
        if call.live.state is CallState.ENDED:
            await self._end(call)
        elif call.live.state is CallState.SUSPENDED:
            await self._let_go(call)
        return call.live.state is not CallState.SUSPENDED

    async def probe(self) -> None:
        """Learn whether writing works again where no call writes."""
        try:
            await self._log.probe()
        except LogUnavailable as error:
            self.unavailable = str(error)
        else:
            self._works()

    async def _publish(self, call: CallHandle, entries: list[LogEntry]) -> bool:
        """False while it stays in memory."""
        behind = bool(call.unwritten)
        call.unwritten += entries
        try:
            await self._log.append(call.unwritten, call.live.checkpoint())
        except LogUnavailable as error:
            self._fails(call, str(error), first=not behind)
            self._tell(call, entries)
            return False
        call.unwritten.clear()
        self._works()
        self._tell(call, entries)
        call.relieve()
        if behind:
            text = "all that was said is on disk again"
            call.say(call.live.notice(KEPT_AGAIN, text).messages)
        return True

    def _fails(self, call: CallHandle, why: str, *, first: bool) -> None:
        if self.unavailable is None:
            log.error("calls go on in memory: %s", why)
        self.unavailable = why
        if first:
            call.unwritten_s = time.monotonic()
            text = (
                f"what is said from here on is kept in memory only, for at most "
                f"{self._memory_s:g} s: the server cannot write it down"
            )
            call.say(call.live.notice(NOT_KEPT, text).messages)

    def _works(self) -> None:
        if self.unavailable is not None:
            log.warning("the log of live calls can be written again")
        self.unavailable = None

    async def _end(self, call: CallHandle) -> None:
        while True:
            try:
                await self._log.end_call(call.call_id)
            except LogUnavailable as error:
                self.unavailable = str(error)
                await asyncio.sleep(RETRY_S)
            except Exception:
                log.exception("the end of call %s is not written down", call.call_id)
                return
            else:
                return

    async def _let_go(self, call: CallHandle) -> None:
        try:
            await self._log.let_go(call.call_id)
        except (LogUnavailable, LogDead) as error:
            log.warning("other servers wait for call %s: %s", call.call_id, error)

    def _give_up(self, call: CallHandle) -> None:
        """Watchers are told of an end that cannot be written to the log."""
        if not call.live.state.is_final:
            call.say(call.live.fail(time.monotonic()).messages)
        self._tell(call, call.take_unsent())

    def _tell(self, call: CallHandle, entries: list[LogEntry]) -> None:
        call.watchers.tell(entries)
        self._board.alert(entry for entry in entries if entry.type == "alert")
