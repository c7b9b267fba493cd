"""The floor: all live calls of one server, one event loop, one recogniser behind a queue.

Here and only here bytes, decodes, the log and the watchers meet. Every message goes to the log
first and to the watchers when it is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

from api.live.archive import Archive, not_right
from api.live.board import Board
from api.live.call import CallInfo, LiveCall, Outcome, Playbook, Session
from api.live.decoder import Answer, Decoder
from api.live.event_log import CallRecord, Entry, EventLog
from api.live.feed import Feed, slices
from api.live.messages import Ended, HitTold, OfCall, PromptTold
from api.live.metrics import Metrics
from api.live.recovery import end_interrupted
from api.live.refusals import Refused, Why
from api.live.running import EndReason, Running
from api.live.scheduler import Job
from api.live.watchers import Watcher, Watchers
from api.live.wire_audio import AudioFormat
from api.settings import Settings
from qa_engine.events import DecodeWanted
from qa_engine.report import Report

log = logging.getLogger("qa_engine.floor")

SLICE = 3_200
"""Samples that one call may take in before the others have their turn: 200 ms."""
SWEEP_S = 0.5
GRACE_S = 10.0
"""How long a stopping server waits for the last words of its calls."""


class Engine(Protocol):
    """What makes sessions; holds phrasebook, matcher and recogniser."""

    def open_session(self, info: CallInfo) -> Session: ...

    def playbook(self, script: str) -> Playbook:
        """Raises `Refused` for a script that the phrasebook has not."""

    def report(self, call_id: str, entries: Sequence[Entry]) -> Report:
        """Of a call as far as its log goes."""


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
        self._archive = archive
        self._calls: dict[str, Running] = {}
        self._rooms: dict[str, Watchers] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.Task[None] | None = None
        self._stopping = False

    async def start(self) -> None:
        loop = asyncio.get_running_loop()

        def deliver(answers: list[Answer]) -> None:
            loop.call_soon_threadsafe(self._answered, answers)

        for call_id in await end_interrupted(self.log):
            await self._keep(call_id)
        self._decoder.start(deliver)
        self._sweeper = asyncio.create_task(self._sweep())

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
        for room in self._rooms.values():
            room.end()
        self.board.end()
        await asyncio.to_thread(self._decoder.stop)

    @property
    def running(self) -> list[Running]:
        return list(self._calls.values())

    @property
    def is_full_of_watchers(self) -> bool:
        watching = sum(len(room) for room in self._rooms.values()) + len(self.board)
        return watching >= self.settings.max_watchers

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
        live.on_lag = self.metrics.lag_ms
        call = Running(live, Feed(audio_format), self._room(info.call_id), time.monotonic())
        self._calls[info.call_id] = call
        try:
            await self._register(call, token)
        except BaseException:
            del self._calls[info.call_id]
            raise
        self.metrics.calls.set(len(self._calls))
        self._spawn(self._publish(call))
        self._do(call, live.open())
        return call

    def attach(self, call: Running) -> int:
        """A feeder is connected; the number tells it from one that was here before."""
        call.feeders += 1
        call.heard_s = time.monotonic()
        return call.feeders

    def resume(self, call: Running, from_ms: int | None) -> int:
        """A feeder is back. Raises `Refused` if the call is over."""
        if call.is_closing:
            raise Refused(Why.UNKNOWN_CALL, f"call {call.call_id} has ended: open a new one")
        number = self.attach(call)
        gap = call.feed.resume(from_ms)
        if gap is not None:
            call.live.accounts.gap(gap.ms, "connection_gap")
            for piece in slices(gap.samples, SLICE):
                self._do(call, call.live.hear(piece, time.monotonic()))
        call.lost_s = None
        self._do(call, call.live.connection("resumed", f"{gap.ms} ms missing" if gap else ""))
        return number

    async def hear(self, call: Running, data: bytes) -> None:
        """Bytes of the call's next audio, at most as fast as `max_speed` and the decoder allow."""
        call.heard_s = time.monotonic()
        for piece in slices(call.feed.push(data), SLICE):
            if call.is_closing:
                return
            self._do(call, call.live.hear(piece, time.monotonic()))
            await call.room()
            await asyncio.sleep(0)
        if call.live.at_ms > self.settings.max_call_s * 1_000:
            self.close(call, "too_long")
        ahead_s = call.live.at_ms / 1_000 / self.settings.max_speed
        wait_s = call.began_s + ahead_s - time.monotonic() - 1.0
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def finalize(self, call: Running) -> None:
        """Finish what is being said, without waiting for a pause."""
        self._do(call, call.live.finalize(time.monotonic()))

    def fail(self, call: Running) -> None:
        """Something of ours broke: the call ends with what is known, the others go on."""
        log.exception("call %s is given up", call.call_id)
        call.reason = "failed"
        if call.live.source != "ended":
            self._end(call)

    def feedback(self, call: Running, action: str, prompt_id: str) -> None:
        self._do(call, call.live.feedback(action, prompt_id))

    def lost(self, call: Running, number: int, reason: str) -> None:
        """The feeder's connection broke; it has `resume_s` to come back."""
        if call.is_closing or number != call.feeders:
            return
        call.lost_s = time.monotonic()
        self._do(call, call.live.connection("lost", reason))

    def close(self, call: Running, reason: EndReason) -> None:
        """No more audio comes; `ended` follows when the last window is decoded."""
        if call.is_closing:
            return
        call.reason = reason
        now_s = time.monotonic()
        tail = call.feed.close()
        if tail.shape[1]:
            self._do(call, call.live.hear(tail, now_s))
        self._do(call, call.live.close(now_s))

    async def watch(
        self, call_id: str, watcher: Watcher, after_seq: int
    ) -> tuple[list[Entry], Watchers]:
        """What was told before; from here on `watcher` is told the rest. Leave the room after."""
        room = self._room(call_id)
        room.add(watcher)
        backlog = await self.log.entries(call_id, after_seq)
        if call_id not in self._calls and backlog and backlog[-1].type == "ended":
            watcher.end()
        return [e for e in backlog if watcher.supervisor or not e.supervisor], room

    def leave(self, call_id: str, room: Watchers, watcher: Watcher) -> None:
        room.remove(watcher)
        if not len(room) and call_id not in self._calls:
            self._rooms.pop(call_id, None)

    async def report(self, call_id: str) -> Report | None:
        """Of a call that ended, or of what there is of one that runs; None if there was none."""
        entries = await self.log.entries(call_id)
        if not entries:
            return None
        return await asyncio.to_thread(self._engine.report, call_id, entries)

    async def past(self, limit: int) -> list[CallRecord]:
        return await self.log.calls(limit=limit)

    def refusal(self) -> str | None:
        """Why a new call would be refused now, or None."""
        if self._stopping:
            return "the server is stopping: try another one"
        if len(self._calls) >= self.settings.max_calls:
            return f"{len(self._calls)} calls are running, max_calls is {self.settings.max_calls}"
        return self._decoder.refusal()

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

    def _do(self, call: Running, outcome: Outcome) -> None:
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
                self._do(call, call.live.overtaken(given_up, time.monotonic()))

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
                self._do(call, outcome)
            except Exception:
                self.fail(call)

    def _end(self, call: Running) -> None:
        call.live.source = "ended"
        self._do(call, call.live.stats())
        score = call.live.score()
        ended = Ended(
            call_id=call.call_id,
            reason=call.reason or "closed",
            duration_ms=call.live.duration_ms or call.live.at_ms,
            score=score[0] if score else None,
            passed=score[1] if score else None,
        )
        self._do(call, call.live.stamped(ended))
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
        await self._keep(call.call_id)

    async def _keep(self, call_id: str) -> None:
        """File an ended call's report; the log keeps the call whatever comes of it."""
        record = await self.log.call(call_id)
        if self._archive is None or record is None:
            return
        try:
            report = await self.report(call_id)
            if report is not None:
                keep = self._archive.keep
                await asyncio.to_thread(keep, report, record.details, record.began_s)
                for rule, begin_ms in not_right(report, await self.log.entries(call_id)):
                    by = record.details.get("agent", "") or "agent"
                    flag = partial(self._archive.flag, rule=rule, begin_ms=begin_ms, by=by)
                    await asyncio.to_thread(flag, call_id)
        except Exception:
            log.exception("call %s is not in the store", call_id)

    def _forget(self, call: Running) -> None:
        self._calls.pop(call.call_id, None)
        self._decoder.forget(call.call_id)
        self.metrics.calls.set(len(self._calls))
        self.board.update(call.live.summary())
        call.watchers.end()
        call.ended.set()
        call.relieve()
        if not len(call.watchers):
            self._rooms.pop(call.call_id, None)

    def _room(self, call_id: str) -> Watchers:
        return self._rooms.setdefault(call_id, Watchers())

    def _count(self, messages: Iterable[OfCall]) -> None:
        for message in messages:
            if isinstance(message, HitTold):
                self.metrics.hits.labels(message.state, message.hit.severity).inc()
            elif isinstance(message, PromptTold):
                self.metrics.prompts.labels(message.state).inc()

    async def _sweep(self) -> None:
        """What time alone brings."""
        while True:
            await asyncio.sleep(SWEEP_S)
            self._look_after_all(time.monotonic())
            depth = self._decoder.depth()
            self.metrics.queue.labels("final").set(depth.finals)
            self.metrics.queue.labels("partial").set(depth.partials)

    def _look_after_all(self, now_s: float) -> None:
        for call in self.running:
            try:
                self._look_after(call, now_s)
            except Exception:
                self.fail(call)

    def _look_after(self, call: Running, now_s: float) -> None:
        """The board's line, a feeder that is gone or silent, stats, a suspicious sample rate."""
        if call.dirty:
            call.dirty = False
            self.board.update(call.live.summary())
        if call.is_closing:
            return
        settings = self.settings
        if call.lost_s is not None:
            if now_s - call.lost_s >= settings.resume_s:
                reason = f"no audio for {settings.resume_s:g} s"
                self._do(call, call.live.connection("gone", reason))
                self.close(call, "lost")
            return
        if now_s - call.heard_s >= settings.idle_s:
            self.lost(call, call.feeders, f"nothing was sent for {settings.idle_s:g} s")
        if now_s - call.stats_s >= settings.stats_s:
            call.stats_s = now_s
            self._do(call, call.live.stats())
        suspicion = call.suspicion(now_s)
        if suspicion is not None:
            self._do(call, call.live.notice("sample_rate", suspicion))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def now_utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
