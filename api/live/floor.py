"""The floor: all live calls of one server, one event loop, one recogniser behind a queue.

Here and only here bytes, decodes, the log and the watchers meet. Every message goes to the log
first and to the watchers when it is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable
from datetime import UTC, datetime
from typing import Protocol

from api.live.archive import Archive
from api.live.board import Board
from api.live.briefing import CallInfo, Playbook
from api.live.call import LiveCall, Outcome, Session
from api.live.decoder import Answer, Decoder
from api.live.endings import EndReason
from api.live.event_log import CallRecord, EventLog
from api.live.feed import Feed, slices
from api.live.filing import Filing, Reporter
from api.live.messages import HitTold, OfCall, PromptTold
from api.live.metrics import Metrics
from api.live.refusals import Refused, Why
from api.live.rooms import Rooms
from api.live.running import Running
from api.live.scheduler import Job
from api.live.upkeep import keep_up
from api.live.wire_audio import AudioFormat
from api.settings import Settings
from models.recogniser import Samples
from qa_engine.events import DecodeWanted

log = logging.getLogger("qa_engine.floor")

SLICE = 3_200
"""Samples that one call may take in before the others have their turn: 200 ms."""
SLICE_MS = SLICE // 16
GAP_SLACK_MS = 5_000
"""A feeder may have had so much in its buffers that we never got."""
GRACE_S = 10.0
"""How long a stopping server waits for the last words of its calls."""


class Engine(Reporter, Protocol):
    """What makes sessions; holds phrasebook, matcher and recogniser."""

    def open_session(self, info: CallInfo) -> Session: ...

    def playbook(self, script: str) -> Playbook:
        """Raises `Refused` for a script that the phrasebook has not."""


class Floor:
    """See the module. Use it from one event loop."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        decoder: Decoder,
        event_log: EventLog,
        metrics: Metrics,
        archive: Archive | None = None,
    ) -> None:
        self.settings = settings
        self.metrics = metrics
        self.log = event_log
        self.board = Board(settings.watcher_queue)
        self._engine = engine
        self._decoder = decoder
        self._calls: dict[str, Running] = {}
        self.filing = Filing(event_log, engine, archive)
        self.rooms = Rooms(event_log, self._calls.__contains__)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def deliver(answers: list[Answer]) -> None:
            loop.call_soon_threadsafe(self._answered, answers)

        def died() -> None:
            loop.call_soon_threadsafe(self._deaf)

        await self.filing.catch_up()
        self._decoder.start(deliver, died)
        self._sweeper = asyncio.create_task(keep_up(self))

    def ill(self) -> list[str]:
        """What has died in this process and does not come back without a restart."""
        parts = [self._decoder.dead, self.log.dead]
        if self._sweeper is not None and self._sweeper.done() and not self._stopping:
            parts.append("the upkeep of calls has stopped")
        return [part for part in parts if part]

    def _deaf(self) -> None:
        """Nothing will be recognised any more."""
        for call in self.running:
            self.fail(call)

    async def stop(self) -> None:
        """Finish every call as far as it was heard, within `GRACE_S`."""
        self._stopping = True
        running = list(self._calls.values())
        for call in running:
            self.close(call, "server_stopped")
        if running:
            waits = [asyncio.create_task(call.ended.wait()) for call in running]
            await asyncio.wait(waits, timeout=GRACE_S)
        if self._sweeper is not None:
            self._sweeper.cancel()
        self.rooms.end()
        self.board.end()
        await asyncio.to_thread(self._decoder.stop)

    @property
    def running(self) -> list[Running]:
        return list(self._calls.values())

    @property
    def is_full_of_watchers(self) -> bool:
        return len(self.rooms) + len(self.board) >= self.settings.max_watchers

    def find(self, call_id: str) -> Running | None:
        return self._calls.get(call_id)

    async def open(
        self,
        info: CallInfo,
        audio_format: AudioFormat,
        *,
        token: tuple[str, float] | None = None,
    ) -> Running:
        """Take a new call. `token`: the feed token's jti and expiry, good for one call.

        Raises `Refused` when there is no room, the id is taken, or the token was used before.
        """
        self._admit(info.call_id)
        playbook = self._engine.playbook(info.script)
        live = LiveCall(info, self._engine.open_session(info), playbook)
        live.lag.tell = self.metrics.lag_ms
        call = Running(live, Feed(audio_format), self.rooms.of(info.call_id), time.monotonic())
        self._calls[info.call_id] = call
        try:
            await self._register(call, token)
        except BaseException:
            del self._calls[info.call_id]
            raise
        self.metrics.calls.set(len(self._calls))
        self._spawn(self._publish(call))
        self.do(call, live.open())
        return call

    def attach(self, call: Running) -> int:
        """A feeder is connected; the number tells it from one that was here before."""
        call.feeders += 1
        call.connected = True
        call.heard_s = time.monotonic()
        return call.feeders

    async def resume(self, call: Running, from_ms: int | None) -> int:
        """A feeder is back. Raises `Refused` if the call is over or `from_ms` cannot be."""
        self._check_resume(call, from_ms)
        number = self.attach(call)
        async with call.feeding:
            if number != call.feeders:
                raise Refused(Why.BUSY_CALL, f"another feeder took over call {call.call_id}")
            if call.is_closing:
                raise _ended(call)
            missing_ms = call.feed.resume(from_ms)
            call.lost_s = None
            reason = f"{missing_ms} ms missing" if missing_ms else ""
            self.do(call, call.live.connection("resumed", reason))
            for ms, piece in call.feed.silence(missing_ms, SLICE_MS):
                if call.is_closing or number != call.feeders:
                    break
                call.live.accounts.gap(ms, "connection_gap")
                await self._take_in(call, piece)
        return number

    async def hear(self, call: Running, data: bytes) -> None:
        """Bytes of the call's next audio, at most as fast as `max_speed` and the decoder allow."""
        self.alive(call)
        async with call.feeding:
            for piece in slices(call.feed.push(data), SLICE):
                if call.is_closing:
                    return
                await self._take_in(call, piece)
        if call.live.at_ms > self.settings.max_call_s * 1_000:
            self.close(call, "too_long")
        ahead_s = call.live.at_ms / 1_000 / self.settings.max_speed
        wait_s = call.began_s + ahead_s - time.monotonic() - 1.0
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def alive(self, call: Running) -> None:
        """Its feeder showed life: audio, or a KeepAlive in a hold."""
        call.heard_s = time.monotonic()
        if call.lost_s is not None and call.connected and not call.is_closing:
            call.lost_s = None
            self.do(call, call.live.connection("live", "the feeder sends again"))

    def finalize(self, call: Running) -> None:
        """Finish what is being said, without waiting for a pause."""
        self.do(call, call.live.finalize(time.monotonic()))

    def fail(self, call: Running) -> None:
        """Something of ours broke: the call ends with what is known, the others go on."""
        log.exception("call %s is given up", call.call_id)
        call.reason = "failed"
        if call.live.source != "ended":
            self._end(call)

    def feedback(self, call: Running, action: str, prompt_id: str) -> None:
        self.do(call, call.live.feedback(action, prompt_id))

    def lost(self, call: Running, number: int, reason: str) -> None:
        """The feeder's connection broke; it has `resume_s` to come back."""
        if call.is_closing or number != call.feeders:
            return
        call.connected = False
        self.silent(call, reason)

    def silent(self, call: Running, reason: str) -> None:
        """Nothing comes from the feeder."""
        call.lost_s = time.monotonic()
        self.do(call, call.live.connection("lost", reason))

    def close(self, call: Running, reason: EndReason) -> None:
        """No more audio comes; `ended` follows when the last window is decoded."""
        if call.is_closing:
            return
        call.reason = reason
        now_s = time.monotonic()
        tail = call.feed.close()
        if tail.shape[1]:
            self.do(call, call.live.hear(tail, now_s))
        self.do(call, call.live.close(now_s))

    async def past(self, limit: int) -> list[CallRecord]:
        return await self.log.calls(limit=limit)

    def refusal(self) -> str | None:
        """Why a new call would be refused now, or None."""
        if self._stopping:
            return "the server is stopping: try another one"
        if ill := self.ill():
            return f"{'; '.join(ill)}: restart the server"
        if len(self._calls) >= self.settings.max_calls:
            return f"{len(self._calls)} calls are running, max_calls is {self.settings.max_calls}"
        return self._decoder.refusal()

    def _check_resume(self, call: Running, from_ms: int | None) -> None:
        if call.is_closing:
            raise _ended(call)
        received_ms = call.feed.received_ms
        passed_ms = (time.monotonic() - call.heard_s) * 1_000
        most_ms = received_ms + round(passed_ms * self.settings.max_speed) + GAP_SLACK_MS
        most_ms = min(most_ms, max(self.settings.max_call_s * 1_000, received_ms))
        if from_ms is not None and from_ms > most_ms:
            raise Refused(
                Why.BAD_REQUEST,
                f"query from_ms is {from_ms}, the call has {received_ms} ms and can be at "
                f"{most_ms} by now: go on from what `received` told, or leave from_ms out",
            )

    async def _take_in(self, call: Running, piece: Samples) -> None:
        """Some of one call's sound, and then the others have their turn."""
        self.do(call, call.live.hear(piece, time.monotonic()))
        await call.room()
        await asyncio.sleep(0)

    def _admit(self, call_id: str) -> None:
        reason = self.refusal()
        if reason is not None:
            raise Refused(Why.OVERLOADED, f"no new call is taken: {reason}")
        if call_id in self._calls:
            raise Refused(
                Why.BUSY_CALL,
                f"call {call_id} is running already: to go on with it, connect with resume=true",
            )

    async def _register(self, call: Running, token: tuple[str, float] | None) -> None:
        if await self.log.call(call.call_id) is not None:
            raise Refused(Why.BUSY_CALL, f"there was a call {call.call_id} before: use a new id")
        if token is not None:
            jti, expires_s = token
            opened = await self.log.spend(jti, call.call_id, expires_s)
            if opened != call.call_id:
                raise Refused(Why.TOKEN, "this feed token has opened a call before: mint a new one")
        info = call.live.info
        details = {"agent": info.agent, "script": info.script, "began_at": info.began_at}
        details["roles"] = ",".join(role.value for role in info.roles)
        await self.log.open_call(call.call_id, details)

    def do(self, call: Running, outcome: Outcome) -> None:
        """Carry out what an input led to."""
        call.say(outcome.messages)
        self._count(outcome.messages)
        for wanted in outcome.wanted:
            self._want(call, wanted)
        if outcome.ended:
            self._end(call)

    def _want(self, call: Running, wanted: DecodeWanted) -> None:
        call.wanted[wanted.window_id] = wanted
        call.finals_open += wanted.final
        job = Job(
            call_id=call.call_id,
            window_id=wanted.window_id,
            channel=wanted.channel,
            utterance=wanted.utterance,
            begin_ms=wanted.begin_ms,
            samples=wanted.samples,
            final=wanted.final,
            urgent=wanted.paused,
            wanted_s=time.monotonic(),
            hotwords=call.live.info.hotwords,
        )
        for overtaken in self._decoder.submit(job):
            given_up = call.wanted.pop(overtaken.window_id, None)
            if given_up is not None:
                self.do(call, call.live.overtaken(given_up, time.monotonic()))

    def _answered(self, answers: Iterable[Answer]) -> None:
        now_s = time.monotonic()
        for answer in answers:
            call = self._calls.get(answer.job.call_id)
            wanted = call.wanted.pop(answer.job.window_id, None) if call else None
            if call is None or wanted is None:
                continue
            call.finals_open -= wanted.final
            call.relieve()
            try:
                outcome = call.live.decoded(wanted, answer.transcript, now_s, failed=answer.failed)
                self.do(call, outcome)
            except Exception:
                self.fail(call)

    def _end(self, call: Running) -> None:
        call.live.source = "ended"
        self.do(call, call.live.stats())
        self.do(call, call.live.ended(call.reason or "closed"))
        self.metrics.settle(call.live.totals())
        call.finish()

    async def _publish(self, call: Running) -> None:
        """Log, then tell; one task for each call keeps its order."""
        try:
            while (entries := await call.unsent()) is not None:
                await self.log.append(entries)
                call.watchers.tell(entries)
                call.relieve()
                self.board.alert(entry for entry in entries if entry.type == "alert")
            await self.log.end_call(call.call_id)
        except Exception:
            log.exception("call %s cannot be written down and is given up", call.call_id)
            call.reason = "failed"
        self._forget(call)
        await self.filing.keep(call.call_id)

    def _forget(self, call: Running) -> None:
        self._calls.pop(call.call_id, None)
        self._decoder.forget(call.call_id)
        self.metrics.calls.set(len(self._calls))
        self.board.update(call.live.summary())
        call.watchers.end()
        call.ended.set()
        call.relieve()
        self.rooms.close_if_empty(call.call_id, call.watchers)

    def tell_depth(self) -> None:
        """What waits for recognition, to the metrics."""
        depth = self._decoder.depth()
        self.metrics.queue.labels("final").set(depth.finals)
        self.metrics.queue.labels("partial").set(depth.partials)

    def _count(self, messages: Iterable[OfCall]) -> None:
        for message in messages:
            if isinstance(message, HitTold):
                self.metrics.hits.labels(message.state, message.hit.severity).inc()
            elif isinstance(message, PromptTold):
                self.metrics.prompts.labels(message.state).inc()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _ended(call: Running) -> Refused:
    return Refused(Why.UNKNOWN_CALL, f"call {call.call_id} has ended: open a new one")


def now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
