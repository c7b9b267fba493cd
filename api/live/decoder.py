"""One recogniser, one thread, all calls: the runner under `DecodeQueue`.

The thread takes the next batch as soon as it is free (no waiting for a batch to fill: what came
in meanwhile is the batch). When a batch fails, its members are tried one by one, so that one bad
window costs only itself; a window that fails alone comes back as unintelligible and is told.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from api.live.cost import DecodeCost
from api.live.scheduler import DecodeJob, DecodeQueue, Depth, Limits
from api.live.streams import OpenStreams
from models.recogniser import Recogniser, StreamingRecogniser, Transcript

log = logging.getLogger("qa_engine.decoder")

UNHEARD = Transcript(text="", words=(), confidence=0.0, no_speech=1.0, intelligible=False)


@dataclass(frozen=True, slots=True)
class DecodeAnswer:
    """What became of a job. `failed`: the recogniser raised on this window alone."""

    job: DecodeJob
    transcript: Transcript
    failed: bool = False


class Stopping(Exception):
    """The recogniser takes no more work: the server stops."""


class Meter(Protocol):
    """What the metrics want to know of each batch; called on the decoding thread."""

    def decoded(self, *, final: bool, size: int, seconds: float, audio_ms: int) -> None: ...

    def failed(self) -> None: ...


class DecodingThread:
    """Start it once; `submit` from any thread. Answers are delivered on the decoding thread."""

    def __init__(
        self,
        recogniser: Recogniser,
        *,
        limits: Limits | None = None,
        meter: Meter | None = None,
        cost: DecodeCost | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.recogniser = recogniser
        self._streams = (
            OpenStreams(recogniser)
            if isinstance(recogniser, StreamingRecogniser) and recogniser.streams
            else None
        )
        self._queue = DecodeQueue(limits, cost)
        self._meter = meter
        self._clock = clock
        self._wake = threading.Condition()
        self._deliver: Callable[[list[DecodeAnswer]], None] = lambda answers: None
        self._died: Callable[[], None] = lambda: None
        self._dead: str | None = None
        self._stopping = False
        self._taken = False
        """Whether a window is being recognised, by this thread or by one that it is lent to."""
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)

    def start(
        self,
        deliver: Callable[[list[DecodeAnswer]], None],
        died: Callable[[], None] = lambda: None,
    ) -> None:
        """`died` is called, on the decoding thread, when it ends otherwise than by `stop`."""
        self._deliver = deliver
        self._died = died
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def submit(self, job: DecodeJob) -> list[DecodeJob]:
        """Queue one window; returns the partials it overtakes."""
        with self._wake:
            overtaken = self._queue.offer(job)
            self._wake.notify_all()
        return overtaken

    def withdraw(self, call_id: str, window_id: int) -> None:
        """That partial is not needed any more."""
        with self._wake:
            self._queue.withdraw(call_id, window_id)

    def forget(self, call_id: str) -> list[DecodeJob]:
        if self._streams is not None:
            self._streams.forget(call_id)
        with self._wake:
            return self._queue.forget(call_id)

    @contextmanager
    def spare_turn(self) -> Iterator[None]:
        """The recogniser for one window on the caller's thread, once no final of a live call waits.

        Raises `Stopping`.
        """
        with self._wake:
            self._wake.wait_for(lambda: self.is_stopping or not (self._taken or self._finals))
            if self.is_stopping:
                raise Stopping
            self._taken = True
        try:
            yield
        finally:
            self._give_back()

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more will be recognised by this process."""
        return self._stopping or self._dead is not None

    @property
    def cost(self) -> DecodeCost:
        return self._queue.cost

    @property
    def dead(self) -> str | None:
        """Why nothing is recognised until a restart, as a sentence; None while all is well."""
        return self._dead

    def refusal(self) -> str | None:
        with self._wake:
            return self._queue.refusal(self._clock())

    @property
    def strained(self) -> bool:
        return self._queue.strained

    def depth(self) -> Depth:
        with self._wake:
            return self._queue.depth(self._clock())

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            if self._stopping:
                return
            log.critical("the decoding thread died", exc_info=True)
            self._dead = f"recognition has died ({type(error).__name__})"
            self._give_back()
            self._died()

    def _work(self) -> None:
        idle_since_s = self._clock()
        while True:
            with self._wake:
                batch = self._next_batch()
            if batch is None:
                return
            began_s = self._clock()
            self._deliver(self._decode(batch))
            ended_s = self._clock()
            with self._wake:
                self._queue.worked(ended_s - began_s, began_s - idle_since_s)
            self._give_back()
            idle_since_s = ended_s

    def _next_batch(self) -> list[DecodeJob] | None:
        """Wait for work; None when stopping."""
        while not self._stopping:
            if self._taken:
                self._wake.wait()
                continue
            now_s = self._clock()
            batch = self._queue.take(now_s)
            if batch:
                self._taken = True
                return batch
            self._wake.wait(self._queue.next_ready_s(now_s))
        return None

    @property
    def _finals(self) -> int:
        return self._queue.depth(self._clock()).finals

    def _give_back(self) -> None:
        with self._wake:
            self._taken = False
            self._wake.notify_all()

    def _decode(self, batch: list[DecodeJob]) -> list[DecodeAnswer]:
        began_s = time.perf_counter()
        final = batch[0].window.final
        try:
            transcripts = self._heard(batch, final=final)
            answers = [DecodeAnswer(*pair) for pair in zip(batch, transcripts, strict=True)]
        except Exception as error:
            log.warning("a batch of %d failed (%s), trying one by one", len(batch), type(error))
            answers = [self._decode_alone(job) for job in batch]
        seconds = time.perf_counter() - began_s
        with self._wake:
            self._queue.cost.took(final=final, size=len(batch), seconds=seconds)
        self._measure(final, batch, seconds)
        return answers

    def _heard(self, batch: list[DecodeJob], *, final: bool) -> list[Transcript]:
        if self._streams is not None:
            return [self._streams.hear(job) for job in batch]
        return self.recogniser.transcribe(
            [job.window.samples for job in batch],
            final=final,
            hotwords=[job.hotwords for job in batch],
        )

    def _measure(self, final: bool, batch: list[DecodeJob], seconds: float) -> None:
        """A meter that fails costs its figure and no call."""
        if self._meter is None:
            return
        audio_ms = sum(job.window.length_ms for job in batch)
        try:
            self._meter.decoded(final=final, size=len(batch), seconds=seconds, audio_ms=audio_ms)
        except Exception:
            log.exception("a batch was not measured")

    def _decode_alone(self, job: DecodeJob) -> DecodeAnswer:
        try:
            (transcript,) = self.recogniser.transcribe(
                [job.window.samples], final=job.window.final, hotwords=[job.hotwords]
            )
        except Exception:
            log.exception(
                "window %d of call %s cannot be recognised", job.window.window_id, job.call_id
            )
            if self._meter is not None:
                self._meter.failed()
            return DecodeAnswer(job, UNHEARD, failed=True)
        return DecodeAnswer(job, transcript)
