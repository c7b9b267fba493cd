"""All live calls of one server: one event loop, one recogniser behind a queue.

Here calls are opened, closed and found. Sound comes in by `feeding.py`, what an input led to is
carried out by `recognition.py`, time passes in `upkeep.py`, what a call says is published by
`publisher.py`, and `after_call.py` has it filed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace

from api.live.admission import Admission, hears
from api.live.after_call import AfterCall
from api.live.board import Board
from api.live.call import LiveCall
from api.live.call_handle import CallHandle
from api.live.call_info import CallInfo
from api.live.call_outcome import CallOutcome
from api.live.call_state import CallState
from api.live.capacity import why_busy
from api.live.decoder import DecodingThread
from api.live.endings import EndReason
from api.live.event_log import EventLog
from api.live.feed import Feed
from api.live.feeding import Feeding
from api.live.filing import Archive, Filing
from api.live.hear_later import HearLater
from api.live.history import CallHistory
from api.live.kept_sounds import KeptSounds
from api.live.metrics import Metrics
from api.live.open_session import open_session
from api.live.publisher import Publisher
from api.live.recognition import Recognition
from api.live.recordings import Recordings
from api.live.restoring import restored
from api.live.running_parts import RunningParts
from api.live.sessions import Sessions
from api.live.shared_calls import SharedCalls
from api.live.stopping import drained, within
from api.live.upkeep import Upkeep
from api.live.watchers import CallWatchers
from api.live.wire_audio import WireFormat
from api.settings import Settings
from api.traces import KEPT_SOUNDS

log = logging.getLogger("qa_engine.calls")

GRACE_S = 10.0
"""How long a stopping server waits for the log, and then for those who are told."""
SERVICE_RESTART = 1012
"""The close code: come back in a while."""


class LiveCalls:
    """See the module. Use it from one event loop."""

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        decoder: DecodingThread,
        event_log: EventLog,
        metrics: Metrics,
        archive: Archive | None = None,
        recordings: Recordings | None = None,
    ) -> None:
        """`recordings`: where the sound of calls is kept for people, if it is."""
        self.settings = settings
        self.metrics = metrics
        self.log = event_log
        self.board = Board(settings.watcher_queue)
        self.publisher = Publisher(event_log, self.board, memory_s=settings.memory_s)
        self.filing = Filing(event_log, sessions, archive, waiting=metrics.unfiled.set)
        self._sessions = sessions
        self._decoder = decoder
        self._calls: dict[str, CallHandle] = {}
        self.history = CallHistory(event_log, self._calls)
        self.watchers = CallWatchers(self.history.entries, self._calls)
        self._sounds = KeptSounds(
            settings.data_dir / KEPT_SOUNDS,
            allowed=settings.hear_later,
            free_gb=settings.hear_later_free_gb,
        )
        self.admission = Admission(
            settings, event_log, self._calls, self._unready, busy=self._busy, sounds=self._sounds
        )
        self.later = HearLater(
            event_log,
            sessions,
            self._sounds,
            decoder,
            self.watchers,
            has_time=lambda: self._busy() is None,
            tell=self._heard_later,
            waiting=metrics.kept.set,
            given_up=self.filing.soon,
        )
        self._recognition = Recognition(decoder, self._calls, metrics, fail=self.fail)
        self.feeding = Feeding(
            settings, self.admission, recordings, do=self._recognition.do, close=self.close
        )
        self._upkeep = Upkeep(
            settings,
            metrics,
            self.board,
            self.publisher,
            self.filing,
            decoder,
            self._calls,
            do=self._recognition.do,
            close=self.close,
            fail=self.fail,
        )
        self._after = AfterCall(
            metrics, recordings, self._sounds, filed=self.filing.soon, kept=self.later.soon
        )
        shared = event_log, self._calls, self.watchers, self.board, self.filing
        self.sharing = SharedCalls.of(*shared, take_over=self._take_over, do=self.do)
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.Task[None]] = set()
        self._parts = RunningParts()
        self._stopping = False

    async def start(self) -> None:
        parts = self.sharing.parts() if self.sharing else {}
        if self.sharing is None:
            await self._take_over()
        self._recognition.start()
        parts |= {
            "the upkeep of calls": self._upkeep.run(),
            "filing": self.filing.run(),
            "hearing kept calls": self.later.run(),
        }
        self._parts.start(parts)

    async def _take_over(self, call_id: str = "") -> None:
        """Go on with running calls that no server has."""
        if self._stopping:
            return
        parts = self._sessions, self.watchers, self._sounds
        for call in await restored(self.log, *parts, call_id):
            if self.sharing is not None:
                await self.sharing.caught_up(call.call_id)
            self._add(call)
            self.do(call, call.live.reopen("the server restarted", time.monotonic()))

    async def fetch(self, call_id: str) -> CallHandle | None:
        """A running call that is at another server, if there are others, to go on with here."""
        return await self.sharing.fetch(call_id) if self.sharing else None

    async def drain(self, within_s: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Take no new call, and wait until those that run have ended, or time is up."""
        self._stopping = True
        await drained(self.running, within_s, hurry)

    async def suspend(self) -> None:
        """Leave the calls that run to the next start, and tell everybody when that will be."""
        self._stopping = True
        retry_ms = round(self.settings.restart_s * 1_000)
        # One that is still opening has told nothing: its feeder opens it again.
        running = [call for call in self.running if call.live.state is not CallState.OPENING]
        for call in running:
            self.do(call, call.live.suspend(retry_ms, time.monotonic()))
        await within(GRACE_S, [asyncio.create_task(call.published.wait()) for call in running])
        self.watchers.end(SERVICE_RESTART)
        self.board.end(SERVICE_RESTART)
        await within(GRACE_S, self._writers)

    async def stop(self) -> None:
        """Everything stands still; `drain` and `suspend` before, where there is time."""
        await self.suspend()
        await self._parts.stop()
        if self.sharing is not None:
            await self.sharing.leave()
        await asyncio.to_thread(self._decoder.stop)

    def writing(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """A task that writes to a socket; a stopping server lets it finish."""
        task = asyncio.create_task(work)
        self._writers.add(task)
        task.add_done_callback(self._writers.discard)
        return task

    @property
    def running(self) -> list[CallHandle]:
        return [*self._calls.values()]

    @property
    def is_full_of_watchers(self) -> bool:
        return len(self.watchers) + len(self.board) >= self.settings.max_watchers

    def find(self, call_id: str) -> CallHandle | None:
        return self._calls.get(call_id)

    def parts(self) -> dict[str, str | None]:
        """What must live as long as this process, each with why it died, or None."""
        return {"recognition": self._decoder.dead, "log": self.log.dead, **self._parts.dead()}

    def dead_parts(self) -> list[str]:
        """What has died and does not come back without a restart."""
        return [reason for reason in self.parts().values() if reason]

    def _unready(self) -> str | None:
        if self._stopping:
            return "the server is stopping: try another one"
        if dead := self.dead_parts():
            return f"{'; '.join(dead)}: restart the server"
        return self.publisher.unavailable

    def _busy(self) -> str | None:
        """Why one more call could not be heard in time, or None."""
        infos = [call.live.info for call in self.running]
        return why_busy(self._decoder, sum(hears(one) and one.hearing == "live" for one in infos))

    def _heard_later(self, call: CallHandle, outcome: CallOutcome) -> None:
        """What a kept call came to is told like any other's."""
        self._add(call)
        self.do(call, outcome)

    async def open(
        self,
        info: CallInfo,
        audio_format: WireFormat,
        *,
        token: tuple[str, float] | None = None,
    ) -> CallHandle:
        """Take a new call. `token`: the feed token's jti and expiry, good for one call.

        Raises `Refused` when there is no room, the id is taken, or the token was used before.
        """
        self.admission.check_open(info, is_running=info.call_id in self._calls)
        playbook = self._sessions.playbook(info)
        late_ms = round(self.settings.late_prompt_s * 1_000)
        busy = self.admission.busy(info)
        info = replace(info, hearing="later" if busy else "live")
        session = open_session(info, self._sessions, self._sounds)
        live = LiveCall(info, session, playbook, late_ms=late_ms)
        watchers = self.watchers.of(info.call_id)
        call = CallHandle(live, Feed(audio_format), watchers, time.monotonic())
        self._calls[info.call_id] = call
        try:
            await self.admission.register(call, token)
        except BaseException:
            del self._calls[info.call_id]
            self.watchers.close_if_empty(info.call_id, watchers)
            raise
        self._add(call)
        self.do(call, live.open(time.monotonic(), busy=busy or ""))
        log.info("call begun", extra={"call_id": info.call_id})
        return call

    def _add(self, call: CallHandle) -> None:
        call.live.told.latency.tell = self.metrics.lag_ms
        self._calls[call.call_id] = call
        self.metrics.calls.set(len(self._calls))
        task = asyncio.create_task(self._run(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def feedback(self, call_id: str, action: str, prompt_id: str) -> None:
        """What the agent says of a prompt, wherever the call is."""
        if (call := self.find(call_id)) is not None:
            self.do(call, call.live.feedback(action, prompt_id))
        elif self.sharing is not None:
            self.sharing.feedback(call_id, action, prompt_id)

    def close(self, call: CallHandle, reason: EndReason, *, gone: str = "") -> None:
        """No more audio comes; `ended` follows when the last window is decoded."""
        if call.is_over:
            return
        now_s = time.monotonic()
        tail = call.feed.close()
        if tail.shape[1]:
            self.do(call, call.live.hear(tail, now_s))
        self.do(call, call.live.close(reason, now_s, gone=gone))

    def fail(self, call: CallHandle) -> None:
        """Something of ours broke: the call ends with what is known, the others go on."""
        log.exception("call %s is given up", call.call_id)
        self.do(call, call.live.fail(time.monotonic()))

    def do(self, call: CallHandle, outcome: CallOutcome) -> None:
        """Carry out what an input led to."""
        self._recognition.do(call, outcome)

    async def _run(self, call: CallHandle) -> None:
        """From the first message to the last one's being kept; then the call is filed."""
        settled = await self.publisher.publish(call)
        del self._calls[call.call_id]
        self._decoder.forget(call.call_id)
        self.metrics.calls.set(len(self._calls))
        self.board.update(call.live.summary())
        call.finish(1000 if settled else SERVICE_RESTART)
        self.watchers.close_if_empty(call.call_id, call.watchers)
        if settled:
            self._after.settle(call)
