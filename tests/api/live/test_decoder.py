"""The thread that recognises for all calls."""

import queue
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from api.live.decoder import DecodeAnswer, DecodingThread
from api.live.scheduler import DecodeJob
from models.recogniser import Samples, Transcript
from qa_engine.events import DecodeWanted


class Scripted:
    """Says the length of a window; raises on any batch that holds a window of `poison_ms`."""

    name, version, synthetic, max_window_ms = "scripted", "0", True, 30_000
    takes_hotwords = True

    def __init__(self, poison_ms: int = -1) -> None:
        self.poison_ms = poison_ms
        self.batches: list[int] = []
        self.expected: list[str] = []

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        self.batches.append(len(windows))
        self.expected = list(hotwords)
        if any(len(window) // 16 == self.poison_ms for window in windows):
            raise RuntimeError("no")
        return [Transcript(text=f"{len(w) // 16}", words=(), confidence=1.0) for w in windows]


def job(window_id: int, ms: int) -> DecodeJob:
    window = DecodeWanted(
        at_ms=0,
        window_id=window_id,
        channel=window_id,
        utterance=1,
        begin_ms=0,
        samples=np.zeros(ms * 16, np.float32),
        final=True,
    )
    return DecodeJob(call_id="a", window=window, wanted_s=0.0)


def answers_of(recogniser: Scripted, *jobs: DecodeJob) -> list[DecodeAnswer]:
    inbox: queue.Queue[list[DecodeAnswer]] = queue.Queue()
    decoder = DecodingThread(recogniser)
    for one in jobs:
        decoder.submit(one)
    decoder.start(inbox.put)
    got: list[DecodeAnswer] = []
    while len(got) < len(jobs):
        got += inbox.get(timeout=5)
    decoder.stop()
    return got


def test_windows_that_wait_together_are_recognised_together() -> None:
    recogniser = Scripted()
    got = answers_of(recogniser, job(1, 1_000), job(2, 1_200))
    assert [answer.transcript.text for answer in got] == ["1000", "1200"]
    assert recogniser.batches == [2]


def test_each_window_is_heard_with_the_hotwords_of_its_call() -> None:
    recogniser = Scripted()
    answers_of(recogniser, replace(job(1, 1_000), hotwords="年化"), job(2, 1_200))
    assert recogniser.expected == ["年化", ""]


def test_one_bad_window_costs_only_itself() -> None:
    recogniser = Scripted(poison_ms=1_200)
    got = answers_of(recogniser, job(1, 1_000), job(2, 1_200), job(3, 1_100))
    assert [answer.failed for answer in got] == [False, True, False]
    assert not got[1].transcript.intelligible
    assert recogniser.batches == [3, 1, 1, 1]


def test_the_share_of_time_spent_recognising_decides_how_long_a_channel_rests() -> None:
    """By a clock on which each batch takes a second, and nothing else takes time."""
    now_s = 0.0

    class Slow(Scripted):
        def transcribe(
            self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
        ) -> list[Transcript]:
            nonlocal now_s
            now_s += 1.0
            return super().transcribe(windows, final=final, hotwords=hotwords)

    def partial(one: DecodeJob) -> DecodeJob:
        return replace(one, window=replace(one.window, final=False))

    inbox: queue.Queue[list[DecodeAnswer]] = queue.Queue()
    decoder = DecodingThread(Slow(), clock=lambda: now_s)
    assert decoder._queue.next_ready_s(now_s) is None
    decoder.start(inbox.put)
    for number in range(4):
        decoder.submit(replace(job(number, 1_000), wanted_s=now_s))
        inbox.get(timeout=5)
    decoder.submit(partial(job(9, 1_000)))
    inbox.get(timeout=5)
    decoder.stop()
    decoder._queue.offer(partial(job(9, 1_000)))

    taken_s = now_s - 1.0
    rest_s = decoder._queue.next_ready_s(taken_s)

    assert rest_s == pytest.approx(decoder._queue.limits.partial_rest_s)


def test_stopping_ends_the_thread_although_nothing_waits() -> None:
    decoder = DecodingThread(Scripted())
    decoder.start(lambda answers: None)
    decoder.stop(timeout_s=5)
    assert not decoder._thread.is_alive()
