"""What becomes of a call after its end: its report goes into the store, its plain words go.

The log holds every word as it was said, which nobody may read for longer than is needed. So what
was filed (covered, as the store keeps it) leaves the log after a while; what could not be filed
stays, and is tried again at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from api.live.archive import Archive, not_right
from api.live.event_log import Entry, EventLog
from api.live.recovery import end_interrupted
from qa_engine.report import Report

log = logging.getLogger("qa_engine.filing")

DAY_S = 86_400.0


class Reporter(Protocol):
    """Who makes a report of a log."""

    def report(self, call_id: str, entries: Sequence[Entry]) -> Report:
        """Of a call as far as its log goes."""


class Filing:
    """Between the log of live calls and the store. Without an archive the log keeps everything."""

    def __init__(self, event_log: EventLog, reporter: Reporter, archive: Archive | None) -> None:
        self._log = event_log
        self._reporter = reporter
        self._archive = archive

    async def catch_up(self) -> None:
        """End what a crash cut off, and file whatever is not filed yet."""
        await end_interrupted(self._log)
        for call_id in await self._log.unfiled():
            await self.keep(call_id)

    async def report(self, call_id: str) -> Report | None:
        """Of a call that ended, or of what there is of one that runs; None if there was none."""
        entries = await self._log.entries(call_id)
        if not entries:
            return None
        return await asyncio.to_thread(self._reporter.report, call_id, entries)

    async def keep(self, call_id: str) -> None:
        """File an ended call's report; the log keeps the call whatever comes of it."""
        record = await self._log.call(call_id)
        if self._archive is None or record is None:
            return
        try:
            report = await self.report(call_id)
            if report is not None:
                keep = self._archive.keep
                await asyncio.to_thread(keep, report, record.details, record.began_s)
                for rule, begin_ms in not_right(report, await self._log.entries(call_id)):
                    by = record.details.get("agent", "") or "agent"
                    flag = partial(self._archive.flag, rule=rule, begin_ms=begin_ms, by=by)
                    await asyncio.to_thread(flag, call_id)
            await self._log.mark_filed(call_id)
        except Exception:
            log.exception("call %s is not in the store; the next start tries again", call_id)

    async def forget(self, days: float) -> int:
        """Take calls that were filed, and ended so long ago, out of the log; returns how many."""
        return await self._log.forget(time.time() - days * DAY_S)
