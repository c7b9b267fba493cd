"""Several servers with one log in PostgreSQL: what this one has to do for the calls of the others.

It shows that it lives, goes on with the calls of a server that is gone, fetches a call whose feeder
came here, tells its watchers what other servers write, and shares the board.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from api.live.board import Board
from api.live.board_messages import CallTold
from api.live.call_handle import CallHandle
from api.live.event_log import EventLog, LogDead, LogUnavailable
from api.live.feeding import Do
from api.live.filing import Filing
from api.live.postgres_log import CHANNEL, LEASE_S, PostgresEventLog
from api.live.watchers import CallWatchers

log = logging.getLogger("qa_engine.shared_calls")

BEAT_S = 2.0
LINES_S = 0.5
LINES_OF_S = 3_600.0
"""How far back a server that starts looks for lines of the board."""
FETCH_WITHIN_S = 5.0
FETCH_LOOK_S = 0.1
MOST_AT_ONCE = 256
"""Who missed more than this is sent away to come back and read it from the log."""
COME_BACK = 1012
PASSES = (LogUnavailable, LogDead, OSError)


class SharedCalls:
    """See the module. Use it from the event loop that made it."""

    def __init__(
        self,
        event_log: PostgresEventLog,
        running: Mapping[str, CallHandle],
        watchers: CallWatchers,
        board: Board,
        filing: Filing,
        *,
        take_over: Callable[[str], Awaitable[None]],
        do: Do,
    ) -> None:
        """`take_over` makes calls without a server this server's."""
        self._log = event_log
        self._running = running
        self._watchers = watchers
        self._board = board
        self._take_over = take_over
        self._filing = filing
        self._do = do
        self._lines: dict[str, CallTold] = {}
        self._clicks: deque[Mapping[str, Any]] = deque(maxlen=MOST_AT_ONCE)
        self._told: dict[str, int] = {}
        """How far the watchers here were told of a call that is elsewhere, by seq."""
        self._news: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self._following = asyncio.Lock()
        self._stopping = threading.Event()
        board.share = self._share

    @classmethod
    def of(cls, event_log: EventLog, *parts: Any, **more: Any) -> SharedCalls | None:
        """None where no other server has this log."""
        return cls(event_log, *parts, **more) if isinstance(event_log, PostgresEventLog) else None

    def parts(self) -> dict[str, Coroutine[None, None, None]]:
        """What must run as long as the server does."""
        return {
            "the share in other servers' calls": self._beat(),
            "news of other servers": self._follow(),
            "the shared board": self._share_lines(),
        }

    async def _beat(self) -> None:
        """Until cancelled: show that this server lives, and take over what others left."""
        while True:
            try:
                await self._log.beat()
                await self._take_over("")
                for call_id in await self._log.unfiled():
                    self._filing.soon(call_id)
            except Exception as error:
                log.warning("the shared log cannot be reached (%s)", type(error).__name__)
            await asyncio.sleep(BEAT_S)

    async def _share_lines(self) -> None:
        """Until cancelled: the board's lines that changed here are shown to the others."""
        while True:
            await asyncio.sleep(LINES_S)
            lines, self._lines = self._lines, {}
            try:
                if lines:
                    await self._log.show(lines.values())
                while self._clicks:
                    await self._log.tell("feedback", self._clicks[0])
                    self._clicks.popleft()
            except PASSES:
                self._lines = lines | self._lines

    async def _follow(self) -> None:
        """Until cancelled: what other servers tell."""
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._listen, args=(loop,), daemon=True)
        thread.start()
        try:
            while True:
                news = await self._news.get()
                try:
                    await self._hear(news)
                except Exception:
                    log.exception("what another server told was not understood")
        finally:
            self._stopping.set()

    async def leave(self) -> None:
        """This server stops: the others need not wait until it is missed."""
        try:
            await self._log.leave()
        except PASSES:
            log.warning("the other servers are not told that this one stops")

    async def fetch(self, call_id: str) -> CallHandle | None:
        """A running call whose feeder came here, from wherever it is; None for any other."""
        record = await self._log.call(call_id)
        if record is None or record.ended_s is not None:
            return None
        await self._log.tell("wanted", {"call": call_id})
        for _ in range(round(FETCH_WITHIN_S / FETCH_LOOK_S)):
            if call_id not in self._running:
                await self._take_over(call_id)
            if (call := self._running.get(call_id)) is not None:
                return call
            await asyncio.sleep(FETCH_LOOK_S)
            record = await self._log.call(call_id)
            if record is None or record.ended_s is not None:
                return None
        return None

    async def caught_up(self, call_id: str) -> None:
        """The call goes on here: who watches it is told first what was told elsewhere."""
        async with self._following:
            await self._tell(call_id)
            self._told.pop(call_id, None)

    def feedback(self, call_id: str, action: str, prompt_id: str) -> None:
        """An agent who watches here clicked on a prompt of a call that is elsewhere."""
        self._clicks.append({"call": call_id, "action": action, "prompt": prompt_id})

    def _share(self, line: CallTold) -> None:
        self._lines[line.call_id] = line

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        """A thread of its own: a connection that waits for news, again whenever it breaks."""
        while not self._stopping.is_set():
            try:
                with self._log.listening(CHANNEL) as notices:
                    self._post(loop, {"kind": "again"})
                    while not self._stopping.is_set():
                        for payload in notices(1.0):
                            self._post(loop, json.loads(payload))
            except Exception as error:
                log.warning("no news of the other servers (%s)", type(error).__name__)
                self._stopping.wait(1.0)

    def _post(self, loop: asyncio.AbstractEventLoop, news: Mapping[str, Any]) -> None:
        if news.get("server") != self._log.server and not loop.is_closed():
            loop.call_soon_threadsafe(self._news.put_nowait, news)

    async def _hear(self, news: Mapping[str, Any]) -> None:
        kind, call_id = news["kind"], str(news.get("call", ""))
        if kind == "told":
            await self._hear_told(call_id, news)
        elif kind == "lines":
            await self._show(2 * LEASE_S)
        elif kind == "again":
            await self._show(LINES_OF_S)
            async with self._following:
                for left in self._told.keys() - self._watchers.ids():
                    del self._told[left]
                for watched in self._watchers.ids():
                    await self._tell(watched)
        elif (call := self._running.get(call_id)) is not None:
            self._asked(call, news)

    def _asked(self, call: CallHandle, news: Mapping[str, Any]) -> None:
        """What another server wants of a call that is here."""
        if news["kind"] == "wanted" and not call.is_over:
            self._do(call, call.live.suspend(0, time.monotonic()))
        elif news["kind"] == "feedback":
            self._do(call, call.live.feedback(news["action"], news["prompt"]))

    async def _hear_told(self, call_id: str, news: Mapping[str, Any]) -> None:
        if call_id in self._watchers:
            async with self._following:
                self._told.setdefault(call_id, int(news["from"]) - 1)
                await self._tell(call_id)
        else:
            self._told.pop(call_id, None)
        if alerts := news["alerts"]:
            entries = await self._log.entries(call_id, min(alerts) - 1)
            self._board.alert(entry for entry in entries if entry.seq in alerts)

    async def _tell(self, call_id: str) -> None:
        """Its watchers here, what another server wrote since they were last told."""
        if call_id in self._running or call_id not in self._watchers:
            return
        entries = await self._log.entries(call_id, self._told.get(call_id, 0))
        if not entries or call_id in self._running:
            return
        self._told[call_id] = entries[-1].seq
        watchers = self._watchers.of(call_id)
        if len(entries) > MOST_AT_ONCE:
            watchers.end(COME_BACK)
            return
        watchers.tell(entries)
        if entries[-1].type == "ended":
            watchers.end()
            del self._told[call_id]

    async def _show(self, within_s: float) -> None:
        for line in await self._log.shown(within_s):
            if line.call_id not in self._running:
                self._board.show(line)
