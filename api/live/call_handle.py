"""A running call beside what the event loop has to remember of it: connections, queues, waits."""

from __future__ import annotations

import asyncio
import time

from api.live.backlog import Backlog
from api.live.call import LiveCall
from api.live.event_log import LogEntry
from api.live.feed import Feed, rate_suspicion
from api.live.message_parts import OfCall
from api.live.messages import UtteranceTold
from api.live.scheduler import DecodeJob
from api.live.watchers import Watcher, Watchers
from qa_engine.events import DecodeWanted

FINALS_OPEN = 8
UNSENT = 2_000
SUPERVISOR_ONLY = frozenset({"alert"})


class CallHandle:
    """A call from its opening until its last message is kept and told."""

    def __init__(
        self,
        live: LiveCall,
        feed: Feed,
        watchers: Watchers,
        now_s: float,
        *,
        restored: bool = False,
    ) -> None:
        """`restored`: it began in a server before this one."""
        self.live = live
        self.restored = restored
        self.feed = feed
        self.watchers = watchers
        self.began_s = now_s
        self.heard_s = now_s
        """When its feeder last showed life."""
        self.connected = False
        """Whether its feeder's connection is open."""
        self.feeders = 0
        """Counts connections; only the newest may feed."""
        self.feeding = asyncio.Lock()
        """One connection's audio at a time, in the order in which it came."""
        self.wanted: dict[int, DecodeWanted] = {}
        """Windows that are being recognised, by id."""
        self.stats_s = now_s
        self.published = asyncio.Event()
        """Its last message is kept and told, and the call is no longer among the running."""
        self.unwritten: list[LogEntry] = []
        """Told, and not on disk yet since `unwritten_s`: the log cannot be written."""
        self.unwritten_s = 0.0
        self._close = 1000
        self._backlog = Backlog()
        self._suspected = False
        self._unsent: list[LogEntry] = []
        self._news = asyncio.Event()
        self._relief = asyncio.Event()
        self._board = (-1, 0)

    @property
    def call_id(self) -> str:
        return self.live.info.call_id

    @property
    def is_over(self) -> bool:
        """Whether it takes no more audio."""
        return self.live.state.is_over

    def attach(self) -> int:
        """A feeder is connected; the number tells it from one that was here before."""
        self.feeders += 1
        self.connected = True
        self.heard_s = time.monotonic()
        return self.feeders

    def detach(self, number: int) -> bool:
        """That feeder's connection is gone; False where another has taken its place."""
        if number != self.feeders:
            return False
        self.connected = False
        return True

    def join(self, watcher: Watcher) -> None:
        """Tell it what is said from here on; where all has been told, that it is over."""
        self.watchers.add(watcher)
        if self.published.is_set():
            watcher.end(self._close)

    def finish(self, close: int) -> None:
        """Everything is kept and told: who watches is closed with this code."""
        self._close = close
        self.watchers.end(close)
        self.published.set()
        self.relieve()

    def has_news_for_board(self, behind_ms: int) -> bool:
        """Whether anything was said, or it fell behind or caught up, since this was last asked."""
        shown = (self.live.told.seq, behind_ms // 1_000)
        news, self._board = shown != self._board, shown
        return news

    def behind_ms(self, now_s: float) -> int:
        """How old the oldest sentence is that ended and is not recognised yet."""
        ends = [wanted.at_ms for wanted in self.wanted.values() if wanted.final]
        return self.live.told.latency.age_ms(min(ends), now_s) if ends else 0

    def arrived_s(self, samples: int, now_s: float) -> float:
        """When so much new sound was sent: before `now_s` where its feeder was held back."""
        return now_s - self._backlog.took(samples / 16_000, now_s)

    def job(self, wanted: DecodeWanted) -> DecodeJob:
        """The window for the recogniser's queue."""
        return DecodeJob(
            call_id=self.call_id,
            window=wanted,
            urgent=wanted.paused,
            wanted_s=time.monotonic(),
            hotwords=self.live.info.hotwords,
        )

    def suspicion(self, now_s: float) -> str | None:
        """What looks wrong with the feeder's audio, told once."""
        if self._suspected:
            return None
        found = rate_suspicion(self.feed.format, self.feed.received_ms, now_s - self.began_s)
        self._suspected = found is not None
        return found

    def say(self, messages: list[OfCall]) -> None:
        """Queue messages for the log, and then for everyone who watches."""
        if messages:
            self._unsent += [as_entry(message) for message in messages]
            self._news.set()

    async def unsent(self, timeout_s: float | None = None) -> list[LogEntry] | None:
        """What the log has to take next: nothing after `timeout_s`, None after the last."""
        while not self._unsent:
            if self.live.state.is_final and not self.unwritten:
                return None
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), timeout_s)
            except TimeoutError:
                break
        return self.take_unsent()

    def take_unsent(self) -> list[LogEntry]:
        taken, self._unsent = self._unsent, []
        return taken

    def relieve(self) -> None:
        """Something was decoded or written: a feeder that was held back may go on."""
        self._relief.set()

    async def room(self) -> None:
        """Wait while this call has too much undone; its feeder is not read meanwhile."""
        while self._finals_open >= FINALS_OPEN or len(self._unsent) >= UNSENT:
            if self.published.is_set():
                return
            began_s = time.monotonic()
            self._relief.clear()
            await self._relief.wait()
            self._backlog.held(time.monotonic() - began_s)

    @property
    def _finals_open(self) -> int:
        return sum(wanted.final for wanted in self.wanted.values())


def as_entry(message: OfCall) -> LogEntry:
    passing = isinstance(message, UtteranceTold) and not message.utterance.is_final
    kind = str(getattr(message, "type", ""))
    return LogEntry(
        call_id=message.call_id,
        seq=message.seq,
        type=kind,
        body=message.wire(),
        slot=f"u{message.utterance.id}" if passing and isinstance(message, UtteranceTold) else "",
        supervisor=kind in SUPERVISOR_ONLY or _not_for_agents(message),
    )


def _not_for_agents(message: OfCall) -> bool:
    hit = getattr(message, "hit", None)
    return getattr(hit, "audience", "agent") != "agent"
