"""Calls that this machine had no time for: kept while they ran, heard and judged after their end.

    live (its sound is kept) ─▶ kept ─▶ (spare time, this server's or the next one's) ─▶ ended

A kept call stands in the log as running, and its checkpoint says that it is closed: so it is found
again after a restart. It is heard as a recording is, utterances with their neighbours, and told at
once: texts, hits, steps and the end, no prompts.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from typing import Final, get_args

from api.live.call import LiveCall
from api.live.call_handle import CallHandle
from api.live.call_outcome import CallOutcome
from api.live.decoder import DecodingThread, Stopping
from api.live.endings import EndReason
from api.live.event_log import EventLog, LoggedCall
from api.live.interrupted import end_interrupted
from api.live.kept_sounds import KeptSounds
from api.live.restoring import is_closed, missing_of, told_call
from api.live.sessions import Sessions
from api.live.spare_time import SpareTime
from api.live.watchers import CallWatchers
from models.recogniser import Samples

log = logging.getLogger("qa_engine.hear_later")

LOOK_S: Final = 1.0
"""How often it looks whether there is time."""
RETRY_S: Final = 5.0
MOMENTS: Final = 2_000
"""Of a call that are remembered with the time they were said."""


class HearLater:
    """See the module. One call at a time, the oldest first."""

    def __init__(
        self,
        event_log: EventLog,
        sessions: Sessions,
        sounds: KeptSounds,
        decoder: DecodingThread,
        watchers: CallWatchers,
        *,
        has_time: Callable[[], bool],
        tell: Callable[[CallHandle, CallOutcome], None],
        waiting: Callable[[int], None] = lambda calls: None,
        given_up: Callable[[str], None] = lambda call_id: None,
    ) -> None:
        """`tell` publishes what a call came to; `waiting` is told how many are kept, `given_up`
        which ended where its log ends."""
        self._given_up = given_up
        self._log = event_log
        self._sessions = sessions
        self._sounds = sounds
        self._decoder = decoder
        self._watchers = watchers
        self._has_time = has_time
        self._tell = tell
        self._tell_waiting = waiting
        self._queue: dict[str, None] = {}
        self._news = asyncio.Event()

    def __contains__(self, call_id: str) -> bool:
        return call_id in self._queue

    def soon(self, call_id: str) -> None:
        """A call whose sound is kept has ended."""
        self._queue[call_id] = None
        self._tell_waiting(len(self._queue))
        self._news.set()

    async def run(self) -> None:
        """Until cancelled. What the last server left comes first."""
        while True:
            try:
                await self._run()
                return
            except Exception:
                # The log cannot be read for a moment, such as on a full disk: nothing is lost.
                log.exception("kept calls are looked at again in a while")
                await asyncio.sleep(RETRY_S)

    async def _run(self) -> None:
        """Until the server stops."""
        records = await self._log.running()
        self._sounds.keep_only([record.call_id for record in records])
        for record in records:
            if is_closed(await self._log.checkpoint(record.call_id)):
                self.soon(record.call_id)
        while True:
            if self._queue and self._has_time():
                if not await self._hear(next(iter(self._queue))):
                    return
                continue
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), LOOK_S)
            except TimeoutError:
                continue

    async def _hear(self, call_id: str) -> bool:
        """False when the server stops; the next one hears the call from its beginning."""
        record = await self._log.call(call_id)
        if record is not None:
            await self._log.take_over(call_id)
            try:
                handle, outcome = await self._heard(record)
            except Stopping:
                return False
            except Exception:
                # One that cannot be heard at all must not keep the others waiting for ever.
                log.exception("kept call cannot be judged", extra={"call_id": call_id})
                await end_interrupted(self._log, call_id)
                self._given_up(call_id)
            else:
                self._tell(handle, outcome)
                await handle.published.wait()
        del self._queue[call_id]
        self._tell_waiting(len(self._queue))
        return True

    async def _heard(self, record: LoggedCall) -> tuple[CallHandle, CallOutcome]:
        entries = await self._log.entries(record.call_id)
        saved = json.loads(await self._log.checkpoint(record.call_id))
        told = [json.loads(entry.body) for entry in entries]
        info, feed = told_call(record, told)
        reason: EndReason = saved["closed"] if saved["closed"] in get_args(EndReason) else "failed"
        channels = len(info.roles)
        length_ms = self._sounds.length_ms(info.call_id, channels)
        playbook, now_s = self._sessions.playbook(info), time.monotonic()
        missing = missing_of(saved)
        recogniser = SpareTime(
            self._decoder.recogniser, self._decoder.spare_turn, hotwords=info.hotwords
        )
        try:
            session, events = await asyncio.to_thread(
                self._sessions.hear_kept,
                info,
                self._while_running(self._sounds.blocks(info.call_id, channels)),
                recogniser,
                missing,
            )
        except Stopping:
            raise
        except Exception:
            log.exception("call %s was kept and cannot be heard", info.call_id)
            session, events = self._sessions.open_session(info), None
        live = LiveCall(info, session, playbook)
        live.accounts.restore(saved["coalesced_ms"], saved["gaps"])
        live.restore(told, frozenset(), (length_ms,) * channels, missing)
        for moment_ms, said_s in _moments(length_ms, record.began_s):
            live.told.latency.arrived(moment_ms, said_s)
        handle = CallHandle(live, feed, self._watchers.of(info.call_id), now_s, restored=True)
        now_s = time.monotonic()
        return handle, live.fail(now_s) if events is None else live.judged(events, reason, now_s)

    def _while_running(self, sound: Iterator[Samples]) -> Iterator[Samples]:
        for block in sound:
            if self._decoder.is_stopping:
                raise Stopping
            yield block


def _moments(length_ms: int, began_s: float) -> Iterator[tuple[int, float]]:
    """Moments of the call with when each was said, monotonic: the supervisor is told how long ago.

    `began_s`: Unix seconds.
    """
    began_s = time.monotonic() - max(time.time() - began_s, 0.0)
    for at_ms in range(0, length_ms + 1, max(1_000, length_ms // MOMENTS)):
        yield at_ms, began_s + at_ms / 1_000
    yield length_ms, began_s + length_ms / 1_000
