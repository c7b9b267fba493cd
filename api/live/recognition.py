"""Carries out what an input to a call led to: messages are told, windows go to the one recogniser,
and what it answers goes back to its call.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping

from api.live.call_handle import CallHandle
from api.live.call_outcome import CallOutcome
from api.live.decoder import DecodeAnswer, DecodingThread
from api.live.metrics import Metrics
from qa_engine.events import DecodeWanted


class Recognition:
    """Of all calls; use it from the event loop."""

    def __init__(
        self,
        decoder: DecodingThread,
        running: Mapping[str, CallHandle],
        metrics: Metrics,
        *,
        fail: Callable[[CallHandle], None],
    ) -> None:
        self._decoder = decoder
        self._running = running
        self._metrics = metrics
        self._fail = fail

    def start(self) -> None:
        """Begin to recognise; answers are taken in on the running event loop."""
        loop = asyncio.get_running_loop()

        def deliver(answers: list[DecodeAnswer]) -> None:
            loop.call_soon_threadsafe(self._answered, answers)

        def died() -> None:
            loop.call_soon_threadsafe(self._fail_all)

        self._decoder.start(deliver, died)

    def do(self, call: CallHandle, outcome: CallOutcome) -> None:
        """Carry out what an input led to."""
        call.say(outcome.messages)
        self._metrics.count(outcome.messages)
        for wanted in outcome.wanted:
            self._want(call, wanted)
        for window_id in outcome.unwanted:
            call.wanted.pop(window_id, None)
            self._decoder.withdraw(call.call_id, window_id)

    def _want(self, call: CallHandle, wanted: DecodeWanted) -> None:
        """Queue a window of the call, and tell of the partials that it overtakes."""
        call.wanted[wanted.window_id] = wanted
        for overtaken in self._decoder.submit(call.job(wanted)):
            given_up = call.wanted.pop(overtaken.window.window_id, None)
            if given_up is not None:
                self.do(call, call.live.overtaken(given_up, time.monotonic()))

    def _answered(self, answers: Iterable[DecodeAnswer]) -> None:
        now_s = time.monotonic()
        for answer in answers:
            call = self._running.get(answer.job.call_id)
            wanted = call.wanted.pop(answer.job.window.window_id, None) if call else None
            if call is None or wanted is None:
                continue
            call.relieve()
            try:
                outcome = call.live.decoded(wanted, answer.transcript, now_s, failed=answer.failed)
                self.do(call, outcome)
            except Exception:
                self._fail(call)

    def _fail_all(self) -> None:
        """Nothing will be recognised any more."""
        for call in list(self._running.values()):
            self._fail(call)
