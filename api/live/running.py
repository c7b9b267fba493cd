"""One call on the floor: its live state beside what the event loop has to remember of it."""

from __future__ import annotations

import asyncio

from api.live.call import LiveCall
from api.live.endings import EndReason
from api.live.event_log import Entry
from api.live.feed import Feed, rate_suspicion
from api.live.messages import OfCall, UtteranceTold
from api.live.watchers import Watchers
from qa_engine.events import DecodeWanted
from qa_engine.rules.counting import Effect

FINALS_OPEN = 8
UNSENT = 2_000
SUPERVISOR_ONLY = frozenset({"alert"})


class Running:
    """A call from `opened` to `ended`."""

    def __init__(self, live: LiveCall, feed: Feed, watchers: Watchers, now_s: float) -> None:
        self.live = live
        self.feed = feed
        self.watchers = watchers
        self.began_s = now_s
        self.heard_s = now_s
        """When its feeder last showed life."""
        self.lost_s: float | None = None
        """Since when its feeder counts as lost; None while it does not."""
        self.connected = False
        """Whether its feeder's connection is open."""
        self.stats_s = now_s
        self.suspected = False
        self.feeders = 0
        """Counts connections; only the newest may feed."""
        self.wanted: dict[int, DecodeWanted] = {}
        self.finals_open = 0
        self.reason: EndReason | None = None
        self.ended = asyncio.Event()
        self.dirty = True
        self._unsent: list[Entry] = []
        self._news = asyncio.Event()
        self._relief = asyncio.Event()
        self._over = False
        self.feeding = asyncio.Lock()
        """One connection's audio at a time, in the order in which it came."""

    @property
    def call_id(self) -> str:
        return self.live.info.call_id

    @property
    def is_closing(self) -> bool:
        return self.reason is not None

    def suspicion(self, now_s: float) -> str | None:
        """What looks wrong with the feeder's audio, told once."""
        if self.suspected:
            return None
        found = rate_suspicion(self.feed.format, self.feed.received_ms, now_s - self.began_s)
        self.suspected = found is not None
        return found

    def say(self, messages: list[OfCall]) -> None:
        """Queue messages for the log, and then for everyone who watches."""
        if messages:
            self._unsent += [as_entry(message) for message in messages]
            self.dirty = True
            self._news.set()

    def finish(self) -> None:
        """What was said by now is the last."""
        self._over = True
        self._news.set()

    async def unsent(self) -> list[Entry] | None:
        """What the log has to take next; None after the last."""
        while not self._unsent:
            if self._over:
                return None
            self._news.clear()
            await self._news.wait()
        taken, self._unsent = self._unsent, []
        return taken

    def relieve(self) -> None:
        """Something was decoded or written: a feeder that was held back may go on."""
        self._relief.set()

    async def room(self) -> None:
        """Wait while this call has too much undone; its feeder is not read meanwhile."""
        while self.finals_open >= FINALS_OPEN or len(self._unsent) >= UNSENT:
            self._relief.clear()
            await self._relief.wait()


def as_entry(message: OfCall) -> Entry:
    passing = isinstance(message, UtteranceTold) and not message.utterance.is_final
    kind = str(getattr(message, "type", ""))
    return Entry(
        call_id=message.call_id,
        seq=message.seq,
        type=kind,
        body=message.wire(),
        slot=f"u{message.utterance.id}" if passing and isinstance(message, UtteranceTold) else "",
        supervisor=kind in SUPERVISOR_ONLY or _not_for_agents(message),
    )


def _not_for_agents(message: OfCall) -> bool:
    hit = getattr(message, "hit", None)
    not_theirs = getattr(hit, "audience", "agent") != "agent"
    return not_theirs or getattr(hit, "effect", "") == Effect.NOT_COUNTED
