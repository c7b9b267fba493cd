"""All live calls of one server: one event loop, one recogniser behind a queue.

Bytes come in here, decodes go out and come back, time passes, and what each call says is published.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from api.live import timeouts
from api.live.admission import Admission, hears
from api.live.board import Board
from api.live.call import CallOutcome, LiveCall
from api.live.call_handle import CallHandle
from api.live.call_info import CallInfo
from api.live.call_state import CallState
from api.live.capacity import why_busy
from api.live.decoder import DecodeAnswer, Decoder
from api.live.endings import EndReason
from api.live.event_log import EventLog
from api.live.feed import Feed, slices
from api.live.filing import Archive, Filing
from api.live.hear_later import HearLater
from api.live.history import CallHistory
from api.live.kept_sounds import KeptSounds
from api.live.metrics import Metrics
from api.live.publisher import Publisher
from api.live.recordings import Recordings
from api.live.refusals import Refused, Why
from api.live.restoring import restored
from api.live.sessions import Session, Sessions
from api.live.text_session import LineRead
from api.live.watchers import CallWatchers
from api.live.wire_audio import WireFormat
from api.settings import Settings
from api.traces import KEPT_SOUNDS
from models.recogniser import Samples
from qa_engine.events import DecodeWanted

log = logging.getLogger("qa_engine.calls")

SLICE = 3_200
"""Samples that one call may take in before the others have their turn: 200 ms."""
SLICE_MS = SLICE // 16
SWEEP_S = 0.5
FORGET_EVERY_S = 3_600.0
GRACE_S = 10.0
"""How long a stopping server waits for the log, and then for those who are told."""
DRAIN_LOOK_S = 0.1
SERVICE_RESTART = 1012
"""The close code: come back in a while."""


class LiveCalls:
    """See the module. Use it from one event loop."""

    def __init__(
        self,
        settings: Settings,
        sessions: Sessions,
        decoder: Decoder,
        event_log: EventLog,
        metrics: Metrics,
        archive: Archive | None = None,
        recordings: Recordings | None = None,
    ) -> None:
        """`recordings`: where the sound of calls is kept for people, if it is."""
        self._recordings = recordings
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
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.Task[None]] = set()
        self._parts: dict[str, asyncio.Task[None]] = {}
        """What must run as long as the server does, by the name it has in /healthz."""
        self._stopping = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def deliver(answers: list[DecodeAnswer]) -> None:
            loop.call_soon_threadsafe(self._answered, answers)

        def died() -> None:
            loop.call_soon_threadsafe(self._fail_all)

        for call in await restored(self.log, self._sessions, self.watchers, self._sounds):
            self._add(call)
            self.do(call, call.live.reopen("the server restarted", time.monotonic()))
        self._decoder.start(deliver, died)
        self._parts = {
            "the upkeep of calls": asyncio.create_task(self._keep_up()),
            "filing": asyncio.create_task(self.filing.run()),
            "hearing kept calls": asyncio.create_task(self.later.run()),
        }
        for name, part in self._parts.items():
            part.add_done_callback(partial(_tell_why, name))

    async def drain(self, within_s: float, hurry: Callable[[], bool] = lambda: False) -> None:
        """Take no new call, and wait until those that run have ended, or time is up."""
        self._stopping = True
        until_s = time.monotonic() + within_s
        waits = {asyncio.create_task(call.published.wait()) for call in self.running}
        while waits and time.monotonic() < until_s and not hurry():
            _, waits = await asyncio.wait(waits, timeout=DRAIN_LOOK_S)
        for wait in waits:
            wait.cancel()

    async def suspend(self) -> None:
        """Leave the calls that run to the next start, and tell everybody when that will be."""
        self._stopping = True
        retry_ms = round(self.settings.restart_s * 1_000)
        # One that is still opening has told nothing: its feeder opens it again.
        running = [call for call in self.running if call.live.state is not CallState.OPENING]
        for call in running:
            self.do(call, call.live.suspend(retry_ms, time.monotonic()))
        await _within(GRACE_S, [asyncio.create_task(call.published.wait()) for call in running])
        self.watchers.end(SERVICE_RESTART)
        self.board.end(SERVICE_RESTART)
        await _within(GRACE_S, self._writers)

    async def stop(self) -> None:
        """Everything stands still; `drain` and `suspend` before, where there is time."""
        await self.suspend()
        for part in self._parts.values():
            part.cancel()
        await asyncio.gather(*self._parts.values(), return_exceptions=True)
        await asyncio.to_thread(self._decoder.stop)

    def writing(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """A task that writes to a socket; a stopping server lets it finish."""
        task = asyncio.create_task(work)
        self._writers.add(task)
        task.add_done_callback(self._writers.discard)
        return task

    @property
    def running(self) -> list[CallHandle]:
        return list(self._calls.values())

    @property
    def is_full_of_watchers(self) -> bool:
        return len(self.watchers) + len(self.board) >= self.settings.max_watchers

    def find(self, call_id: str) -> CallHandle | None:
        return self._calls.get(call_id)

    def parts(self) -> dict[str, str | None]:
        """What must live as long as this process, each with why it died, or None."""
        found: dict[str, str | None] = {"recognition": self._decoder.dead, "log": self.log.dead}
        for name, part in self._parts.items():
            stopped = part.done() and not self._stopping
            found[name] = f"{name} has stopped" if stopped else None
        return found

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
        session = self._session(info)
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

    def _session(self, info: CallInfo) -> Session:
        if info.hearing == "live":
            return self._sessions.open_session(info)
        try:
            return self._sounds.session(info.call_id, len(info.roles))
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise Refused(
                Why.OVERLOADED, f"no new call is taken: its sound cannot be kept ({reason})"
            ) from error

    def _add(self, call: CallHandle) -> None:
        call.live.told.latency.tell = self.metrics.lag_ms
        self._calls[call.call_id] = call
        self.metrics.calls.set(len(self._calls))
        self._spawn(self._run(call))

    async def resume(self, call: CallHandle, from_ms: int | None) -> int:
        """A feeder is back. Raises `Refused` if `from_ms` cannot be, or the server is stopping.

        One that comes for a call that is closed already is there to hear how it ended.
        """
        self.admission.check_resume(call, from_ms)
        number = call.attach()
        async with call.feeding:
            if number != call.feeders:
                raise Refused(Why.BUSY_CALL, f"another feeder took over call {call.call_id}")
            if call.is_over:
                return number
            log.info("call resumed", extra={"call_id": call.call_id})
            missing_ms = call.feed.resume(from_ms)
            reason = f"{missing_ms} ms missing" if missing_ms else ""
            self.do(call, call.live.found(reason, time.monotonic(), resumed=True))
            for ms, piece in call.feed.silence(missing_ms, SLICE_MS):
                if call.is_over or number != call.feeders:
                    break
                call.live.gap([ms] * call.feed.format.channels)
                await self._take_in(call, piece)
        return number

    async def hear(self, call: CallHandle, data: bytes) -> None:
        """Bytes of the call's next audio, at most as fast as `max_speed` and the decoder allow."""
        self.alive(call)
        async with call.feeding:
            for piece in slices(call.feed.push(data), SLICE):
                if call.is_over:
                    return
                await self._take_in(call, piece)
        if call.live.at_ms > self.settings.max_call_s * 1_000:
            self.close(call, "too_long")
        ahead_s = call.live.at_ms / 1_000 / self.settings.max_speed
        wait_s = call.began_s + ahead_s - time.monotonic() - 1.0
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def hear_partly(self, call: CallHandle, missing_ms: Sequence[int], data: bytes) -> None:
        """Bytes of which `missing_ms` of each channel are only silence: nobody sent them."""
        if not call.is_over and any(missing_ms):
            call.live.gap(missing_ms)
        await self.hear(call, data)

    async def read(self, call: CallHandle, line: LineRead) -> None:
        """The next line, or a revision of one, of a call that comes as text."""
        self.alive(call)
        self.do(call, call.live.read(line, time.monotonic()))
        await call.room()
        await asyncio.sleep(0)

    def alive(self, call: CallHandle) -> None:
        """Its feeder showed life: audio, or a KeepAlive in a hold."""
        now_s = call.heard_s = time.monotonic()
        if call.live.state is CallState.LOST and call.connected:
            self.do(call, call.live.found("the feeder sends again", now_s))

    def lost(self, call: CallHandle, number: int, reason: str) -> None:
        """That feeder's connection broke; unless another is there, it has `resume_s` to return."""
        if call.detach(number):
            log.info("feeder lost: %s", reason, extra={"call_id": call.call_id})
            self.do(call, call.live.lost(reason, time.monotonic()))

    def finalize(self, call: CallHandle) -> None:
        """Finish what is being said, without waiting for a pause."""
        self.do(call, call.live.finalize(time.monotonic()))

    def feedback(self, call: CallHandle, action: str, prompt_id: str) -> None:
        self.do(call, call.live.feedback(action, prompt_id))

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
        call.say(outcome.messages)
        self.metrics.count(outcome.messages)
        for wanted in outcome.wanted:
            self._want(call, wanted)

    async def _take_in(self, call: CallHandle, piece: Samples) -> None:
        """Some of one call's sound, and then the others have their turn."""
        if self._recordings is not None and call.live.info.hearing == "live":
            info, at_ms = call.live.info, call.live.heard_ms
            trouble = self._recordings.hear(info.call_id, len(info.roles), at_ms, piece)
            if trouble:
                self.do(call, call.live.notice("sound", trouble))
        now_s = time.monotonic()
        arrived_s = call.arrived_s(piece.shape[1], now_s)
        self.do(call, call.live.hear(piece, now_s, arrived_s=arrived_s))
        await call.room()
        await asyncio.sleep(0)

    def _want(self, call: CallHandle, wanted: DecodeWanted) -> None:
        call.wanted[wanted.window_id] = wanted
        for overtaken in self._decoder.submit(call.job(wanted)):
            given_up = call.wanted.pop(overtaken.window_id, None)
            if given_up is not None:
                self.do(call, call.live.overtaken(given_up, time.monotonic()))

    def _answered(self, answers: Iterable[DecodeAnswer]) -> None:
        now_s = time.monotonic()
        for answer in answers:
            call = self._calls.get(answer.job.call_id)
            wanted = call.wanted.pop(answer.job.window_id, None) if call else None
            if call is None or wanted is None:
                continue
            call.relieve()
            try:
                outcome = call.live.decoded(wanted, answer.transcript, now_s, failed=answer.failed)
                self.do(call, outcome)
            except Exception:
                self.fail(call)

    def _fail_all(self) -> None:
        """Nothing will be recognised any more."""
        for call in self.running:
            self.fail(call)

    async def _run(self, call: CallHandle) -> None:
        """From the first message to the last one's being kept; then the call is filed."""
        await self.publisher.publish(call)
        del self._calls[call.call_id]
        self._decoder.forget(call.call_id)
        self.metrics.calls.set(len(self._calls))
        self.board.update(call.live.summary())
        suspended = call.live.state is CallState.SUSPENDED
        call.finish(SERVICE_RESTART if suspended else 1000)
        self.watchers.close_if_empty(call.call_id, call.watchers)
        if call.live.state is CallState.ENDED:
            told: dict[str, object] = {"reason": call.live.end_reason}
            told |= {"call_id": call.call_id, "duration_ms": call.live.at_ms}
            log.info("call ended", extra=told)
            self.metrics.settle(call.live.totals())
            if self._recordings is not None:
                self._recordings.over(call.call_id)
                self._recordings.adopt(call.call_id, self._sounds)
            self.filing.soon(call.call_id)
            self._sounds.remove(call.call_id)
        elif call.live.state is CallState.KEPT:
            self.later.soon(call.call_id)

    async def _keep_up(self) -> None:
        """Until cancelled: twice a second look after every call, once an hour after the log."""
        forgot_s = float("-inf")
        while True:
            await asyncio.sleep(SWEEP_S)
            now_s = time.monotonic()
            for call in self.running:
                try:
                    self._look_after(call, now_s)
                except Exception:
                    self.fail(call)
            behind_ms = max((call.behind_ms(now_s) for call in self.running), default=0)
            self.metrics.waits(self._decoder.depth(), behind_ms)
            if self.publisher.unavailable is not None:
                await self.publisher.probe()
            if now_s - forgot_s >= FORGET_EVERY_S:
                forgot_s = now_s
                await self._forget_old()

    def _look_after(self, call: CallHandle, now_s: float) -> None:
        behind_ms = call.behind_ms(now_s)
        if call.has_news_for_board(behind_ms):
            self.board.update(call.live.summary(behind_ms))
        if reason := timeouts.gone(call, self.settings, now_s):
            forgotten = call.restored and not call.feeders
            self.close(call, "server_restarted" if forgotten else "lost", gone=reason)
        for outcome in timeouts.due(call, self.settings, now_s):
            self.do(call, outcome)

    async def _forget_old(self) -> None:
        try:
            gone = await self.filing.forget(self.settings.log_days)
        except Exception:
            log.exception("old calls are still in the log")
        else:
            if gone:
                log.info("%d filed calls left the log", gone)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _tell_why(name: str, part: asyncio.Task[None]) -> None:
    """Of a part that died: /healthz tells that, the journal tells where."""
    if not part.cancelled() and (error := part.exception()) is not None:
        log.critical("%s has stopped", name, exc_info=error)


async def _within(timeout_s: float, tasks: Collection[asyncio.Task[Any]]) -> None:
    if tasks:
        await asyncio.wait(set(tasks), timeout=timeout_s)
