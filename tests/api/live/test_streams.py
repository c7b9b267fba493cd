"""Growing windows with a recogniser that keeps what it heard."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from api.live.decoder import DecodeAnswer, DecodingThread
from api.live.scheduler import DecodeJob
from api.live.streams import OpenStreams
from models.recogniser import Samples, Transcript
from qa_engine.events import DecodeWanted


class Stream:
    """Says how many samples came, piece by piece."""

    def __init__(self, owner: Streaming) -> None:
        self.owner = owner
        self.pieces: list[int] = []

    def hear(self, samples: Samples) -> None:
        self.pieces.append(len(samples))
        self.owner.heard += len(samples)
        if self.owner.fails:
            raise RuntimeError("no")

    def so_far(self) -> Transcript:
        return Transcript(text="+".join(map(str, self.pieces)), confidence=0.8)

    def finish(self) -> Transcript:
        return Transcript(text="=" + "+".join(map(str, self.pieces)), confidence=0.9)


class Streaming:
    """A `StreamingRecogniser`."""

    name, version, synthetic, max_window_ms = "scripted", "0", True, 30_000
    takes_hotwords = True
    streams = True

    def __init__(self) -> None:
        self.heard = 0
        self.opened: list[str] = []
        self.whole = 0
        self.fails = False

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        self.whole += len(windows)
        return [Transcript(text="whole", confidence=1.0) for _ in windows]

    def open_stream(self, *, hotwords: str = "") -> Stream:
        self.opened.append(hotwords)
        return Stream(self)


def job(samples: int, *, final: bool = False, call: str = "a", utterance: int = 1) -> DecodeJob:
    window = DecodeWanted(
        at_ms=0,
        window_id=samples,
        channel=0,
        utterance=utterance,
        begin_ms=500,
        samples=np.zeros(samples, np.float32),
        final=final,
    )
    return DecodeJob(call_id=call, window=window, wanted_s=0.0)


def moved(one: DecodeJob, **window: int) -> DecodeJob:
    """The job of another place: `begin_ms`, `channel`."""
    return replace(one, window=replace(one.window, **window))  # type: ignore[arg-type]


def test_only_what_is_new_of_a_window_is_heard() -> None:
    recogniser = Streaming()
    streams = OpenStreams(recogniser)
    said = [streams.hear(one).text for one in (job(100), job(250), job(300, final=True))]
    assert said == ["100", "100+150", "=100+150+50"]
    assert recogniser.heard == 300
    assert len(streams) == 0


@pytest.mark.parametrize(
    "after",
    [
        job(80, final=True),
        job(400, utterance=2),
        moved(job(400), begin_ms=900),
        replace(job(400), hotwords="年化"),
    ],
    ids=["shorter", "another utterance", "another begin", "other hotwords"],
)
def test_a_window_that_does_not_go_on_is_begun_anew(after: DecodeJob) -> None:
    recogniser = Streaming()
    streams = OpenStreams(recogniser)
    streams.hear(job(100))
    assert streams.hear(after).text.lstrip("=") == str(len(after.window.samples))
    assert recogniser.opened == ["", after.hotwords]


def test_calls_and_channels_do_not_meet_and_one_that_is_gone_is_forgotten() -> None:
    streams = OpenStreams(Streaming())
    streams.hear(job(100))
    streams.hear(job(120, call="b"))
    streams.hear(moved(job(140), channel=1))
    assert streams.hear(job(200)).text == "100+100"
    streams.forget("a")
    assert len(streams) == 1
    assert streams.hear(job(220, call="b")).text == "120+100"


def test_so_many_are_open_at_most() -> None:
    recogniser = Streaming()
    streams = OpenStreams(recogniser, most=2)
    for call in "abc":
        streams.hear(job(100, call=call))
    assert len(streams) == 2
    assert streams.hear(job(150, call="a")).text == "150"


def test_one_that_failed_is_not_gone_on_with() -> None:
    recogniser = Streaming()
    streams = OpenStreams(recogniser)
    streams.hear(job(100))
    recogniser.fails = True
    with pytest.raises(RuntimeError):
        streams.hear(job(200))
    recogniser.fails = False
    assert streams.hear(job(300)).text == "300"


def test_the_decoder_uses_streams_where_the_recogniser_has_them() -> None:
    recogniser = Streaming()
    inbox: queue.Queue[list[DecodeAnswer]] = queue.Queue()
    decoder = DecodingThread(recogniser)
    decoder.start(inbox.put)
    said = []
    for one in (job(1_600), job(3_200), job(4_800, final=True)):
        decoder.submit(one)
        said += [answer.transcript.text for answer in inbox.get(timeout=5)]
    decoder.stop()
    assert said == ["1600", "1600+1600", "=1600+1600+1600"]
    assert recogniser.whole == 0
