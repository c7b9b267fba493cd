"""A clock for each stage of a second, and the parts of the engine that it is built into."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, TypeVar

from models.voice_activity import VoiceActivity
from qa_engine.matching.matcher import Matcher

T = TypeVar("T")


STAGES = (
    "resample",
    "voice activity",
    "endpoint",
    "encode",
    "decode",
    "normalise + match",
    "rules",
    "publish",
)


CORE = ("normalise + match", "rules")


class Clock:
    """Processor seconds by stage."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(STAGES, 0.0)

    def run(self, stage: str, work: Callable[[], T]) -> T:
        began_s = time.process_time()
        try:
            return work()
        finally:
            self.spent[stage] += time.process_time() - began_s


class ClockedNetwork:
    """The recogniser's network with its encoder on the clock."""

    def __init__(self, network: Any, encode: Callable[[Any], Any]) -> None:
        self._network = network
        self.encode = encode

    def __getattr__(self, name: str) -> Any:
        return getattr(self._network, name)


class ClockedVoice:
    """Voice activity on the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._voice = VoiceActivity()

    def stream(self) -> Any:
        stream, clock = self._voice.stream(), self._clock

        class Stream:
            def feed(self, frames: Any) -> Any:
                return clock.run("voice activity", lambda: stream.feed(frames))

        return Stream()


class ClockedMatcher(Matcher):
    """The matcher with `find` on the clock, and whatever a call makes of it."""

    clock: ClassVar[Clock] = Clock()

    def find(self, *args: Any, **more: Any) -> Any:
        find = partial(super().find, *args, **more)
        return self.clock.run("normalise + match", find)


def table(result: dict[str, Any]) -> None:
    print(f"{'stage':20} ms of one core per second of a stereo call")
    for stage, ms in result["ms_per_second_of_stereo"].items():
        print(f"{stage:20} {ms:8.3f}")
    print(f"{'all':20} {result['all_ms']:8.3f}")
    print(
        f"QA core at {result['phrases']} phrases: {result['qa_core_ms']:.3f} ms, "
        f"{result['qa_core_ms_per_second_of_one_channel']:.3f} ms for each of its two channels"
    )
