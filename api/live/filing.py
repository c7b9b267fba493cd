"""What becomes of a call after its end: its report goes into the store, its plain words go.

The log holds every word as it was said, which must be readable no longer than is needed. So what
was filed (covered, as the store keeps it) leaves the log after a while; what could not be filed
stays and is tried again, at growing intervals, until the store takes it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from api.live.event_log import EventLog, LogEntry
from api.live.recordings import Recordings
from api.review.sampling.drawing import flag_not_right
from api.store import CallFiling, Store, StoreError
from phrasebook import Phrasebook
from qa_engine.report import Report

log = logging.getLogger("qa_engine.filing")

DAY_S = 86_400.0
WHO = "qa-engine live"
FIRST_RETRY_S = 5.0
LAST_RETRY_S = 300.0


class Reporter(Protocol):
    """Who makes a report of a log."""

    def report(self, call_id: str, entries: Sequence[LogEntry]) -> Report:
        """Of a call as far as its log goes."""


class Archive(Protocol):
    """Where the reports of ended calls go."""

    def keep(self, report: Report, details: Mapping[str, str], began_s: float) -> None:
        """Blocking; raises StoreError."""

    def flag(self, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
        """The agent said of a prompt: not right. Blocking; raises StoreError."""


class StoreArchive:
    """Files into the calls' store, redacted, in one transaction."""

    def __init__(
        self,
        store: Store,
        book_of: Callable[[str], Phrasebook],
        recordings: Recordings | None = None,
    ) -> None:
        """`book_of`: the phrasebook of a version that a report names.

        `recordings`: where the sound of calls waits to be filed with them, if it is kept.
        """
        self._recordings = recordings
        self._store = store
        self._book_of = book_of

    def keep(self, report: Report, details: Mapping[str, str], began_s: float) -> None:
        filing = CallFiling(
            origin="live",
            agent=details.get("agent", ""),
            agent_name=details.get("agent_name", ""),
            team=details.get("team", ""),
            customer=details.get("customer", ""),
            direction=details.get("direction", ""),
            data=json.loads(details.get("data", "{}")),
            started_at=datetime.fromtimestamp(began_s, UTC),
        )
        book = self._book_of(report.versions.phrasebook)
        if self._recordings is None:
            self._store.save(report, filing, book=book, who=WHO)
            return
        with self._recordings.shelved(report.call.id, len(report.call.channels)) as sound:
            if sound is None:
                self._store.save(report, filing, book=book, who=WHO)
                return
            versions = replace(report.versions, audio=sound.digest)
            call = replace(report.call, file=f"{report.call.id}.flac")
            with_sound = replace(report, versions=versions, call=call)
            self._store.save(with_sound, filing, book=book, who=WHO, also=sound.note)

    def flag(self, call_id: str, *, rule: str, begin_ms: int, by: str) -> None:
        flag_not_right(self._store, call_id, rule=rule, begin_ms=begin_ms, by=by)


class Filing:
    """Between the log of live calls and the store. Without an archive the log keeps everything."""

    def __init__(
        self,
        event_log: EventLog,
        reporter: Reporter,
        archive: Archive | None,
        *,
        waiting: Callable[[int], None] = lambda calls: None,
    ) -> None:
        """`waiting` is told how many ended calls are not in the store yet."""
        self._log = event_log
        self._reporter = reporter
        self._archive = archive
        self._tell_waiting = waiting
        self._tries: dict[str, int] = {}
        self._due_s: dict[str, float] = {}
        self._since_s: dict[str, float] = {}
        """Since when each waits, monotonic: since its end, or since this start."""
        self._news = asyncio.Event()

    async def run(self, first_retry_s: float = FIRST_RETRY_S) -> None:
        """Until cancelled: file what is not filed yet, and whatever `soon` names."""
        for call_id in await self._unfiled(first_retry_s):
            self.soon(call_id)
        while True:
            self._news.clear()
            now_s = time.monotonic()
            for call_id in [name for name, due_s in self._due_s.items() if due_s <= now_s]:
                if await self.keep(call_id):
                    self._done(call_id)
                else:
                    self._later(call_id, first_retry_s)
            wait_s = min((due - time.monotonic() for due in self._due_s.values()), default=None)
            if wait_s is None or wait_s > 0:
                await _wait(self._news, wait_s)

    def soon(self, call_id: str) -> None:
        """An ended call is to be filed."""
        if self._archive is not None:
            self._due_s.setdefault(call_id, 0.0)
            self._since_s.setdefault(call_id, time.monotonic())
            self._tell_waiting(len(self._due_s))
            self._news.set()

    def lag_s(self) -> float:
        """How long the call that has waited longest waits for the store."""
        return time.monotonic() - min(self._since_s.values()) if self._since_s else 0.0

    async def report(self, call_id: str) -> Report | None:
        """Of a call that ended, or of what there is of one that runs; None if there was none."""
        entries = await self._log.entries(call_id)
        if not entries:
            return None
        return await asyncio.to_thread(self._reporter.report, call_id, entries)

    async def keep(self, call_id: str) -> bool:
        """File an ended call's report; the log keeps the call whatever comes of it."""
        if self._archive is None:
            return True
        try:
            record = await self._log.call(call_id)
            report = await self.report(call_id)
            if report is not None and record is not None:
                keep = self._archive.keep
                await asyncio.to_thread(keep, report, record.details, record.began_s)
                for rule, begin_ms in not_right(report, await self._log.entries(call_id)):
                    by = record.details.get("agent", "") or "agent"
                    flag = partial(self._archive.flag, rule=rule, begin_ms=begin_ms, by=by)
                    await asyncio.to_thread(flag, call_id)
            await self._log.mark_filed(call_id)
        except StoreError as error:
            log.warning("call %s is not in the store yet: %s", call_id, error)
            return False
        except Exception:
            log.exception("call %s is not in the store yet", call_id)
            return False
        return True

    async def forget(self, days: float) -> int:
        """Take calls that were filed, and ended so long ago, out of the log; returns how many."""
        return await self._log.forget(time.time() - days * DAY_S)

    async def _unfiled(self, retry_s: float) -> list[str]:
        while True:
            try:
                return await self._log.unfiled()
            except Exception:
                log.exception("it is not known which calls are not filed")
                await asyncio.sleep(retry_s)

    def _done(self, call_id: str) -> None:
        if self._tries.pop(call_id, 0):
            log.info("call %s is in the store at last", call_id)
        del self._due_s[call_id]
        del self._since_s[call_id]
        self._tell_waiting(len(self._due_s))

    def _later(self, call_id: str, first_retry_s: float) -> None:
        tries = self._tries.get(call_id, 0)
        self._tries[call_id] = tries + 1
        self._due_s[call_id] = time.monotonic() + min(first_retry_s * 2**tries, LAST_RETRY_S)


async def _wait(news: asyncio.Event, timeout_s: float | None) -> None:
    try:
        await asyncio.wait_for(news.wait(), timeout_s)
    except TimeoutError:
        return


def not_right(report: Report, entries: Iterable[LogEntry]) -> Iterator[tuple[str, int]]:
    """(rule, ms of the call) of each prompt that the agent called not right."""
    begins = {hit.id: hit.begin_ms for hit in report.hits}
    for entry in entries:
        told = json.loads(entry.body) if entry.type == "prompt" else {}
        if told.get("state") == "not_right":
            yield told["rule"], begins.get(told.get("hit") or "", told["at_ms"])
