"""Where utterances begin and end: speech probabilities in, marks on the frame count out.

One channel's state machine over frames of 32 ms. It looks at one frame at a time and never back
in time, so the chunking of the audio cannot change what it finds.

    quiet ── speech ≥ onset ──▶ starting ── enough of it ──▶ speaking ── long pause ──▶ quiet
                                    └──── pause first ────▶ quiet
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from models.voice_activity import FRAME_MS
from qa_engine.hearing.policy import EndpointPolicy, frames

__all__ = ["Begun", "Endpointer", "Paused", "SpeechCut", "SpeechEnded", "SpeechMark"]


@dataclass(frozen=True, slots=True)
class Begun:
    """An utterance began at frame `begin`."""

    begin: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The speaker has paused; the utterance may go on."""


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The utterance ended before frame `end`."""

    end: int


@dataclass(frozen=True, slots=True)
class SpeechCut:
    """A long turn is cut before frame `end`, and goes on as a new utterance from there."""

    end: int


SpeechMark = Begun | Paused | SpeechEnded | SpeechCut


class _State(Enum):
    QUIET = auto()
    STARTING = auto()
    SPEAKING = auto()


class Endpointer:
    """Feed it every frame of one channel, in order."""

    def __init__(self, policy: EndpointPolicy, *, pause_ms: int | None = None) -> None:
        """`pause_ms`: also mark a pause this long, once each."""
        self._policy = policy
        self._silence = frames(policy.silence_ms)
        self._after = frames(policy.after_ms)
        self._enough = max(1, frames(policy.min_speech_ms))
        self._longest = max(8, policy.max_window_ms // FRAME_MS)
        self._before = min(frames(policy.before_ms), self._longest // 2)
        self._pause = frames(pause_ms) if pause_ms is not None else None
        self._state = _State.QUIET
        self._now = 0
        self._free_from = 0
        self._begin = 0
        self._first_speech = 0
        self._last_speech = 0
        self._levels: deque[float] = deque(maxlen=self._longest)

    @property
    def undecided_from(self) -> int:
        """Every frame before this is known to be silence or inside a finished utterance."""
        if self._state is _State.QUIET:
            return max(self._free_from, self._now - self._before)
        if self._state is _State.STARTING:
            return max(self._free_from, self._first_speech - self._before)
        return self._begin

    def feed(self, probability: float, level: float) -> list[SpeechMark]:
        """One frame's speech probability and mean power; what it decides."""
        quiet = self._state is _State.QUIET
        speech = probability >= (self._policy.onset if quiet else self._policy.offset)
        frame = self._now
        self._now += 1
        self._levels.append(level)
        if quiet and speech:
            self._first_speech = frame
            self._state = _State.STARTING
        if self._state is _State.STARTING:
            return self._starting(frame, speech)
        if self._state is _State.SPEAKING:
            return self._speaking(frame, speech)
        return []

    def close(self) -> list[SpeechMark]:
        """The audio ended: so does the utterance."""
        return [self._end()] if self._state is _State.SPEAKING else []

    def _starting(self, frame: int, speech: bool) -> list[SpeechMark]:
        if not speech:
            self._state = _State.QUIET
            return []
        self._last_speech = frame
        if frame - self._first_speech + 1 < self._enough:
            return []
        self._begin = max(self._free_from, self._first_speech - self._before)
        self._state = _State.SPEAKING
        return [Begun(self._begin)]

    def _speaking(self, frame: int, speech: bool) -> list[SpeechMark]:
        marks: list[SpeechMark] = []
        if speech:
            self._last_speech = frame
        elif frame - self._last_speech >= self._silence:
            return [self._end()]
        elif frame - self._last_speech == self._pause:
            marks.append(Paused())
        if self._now - self._begin >= self._longest:
            marks.append(self._cut())
        return marks

    def _end(self) -> SpeechEnded:
        end = min(self._now, self._last_speech + 1 + self._after)
        self._state = _State.QUIET
        self._free_from = max(self._begin, end)
        return SpeechEnded(self._free_from)

    def _cut(self) -> SpeechCut:
        """At the middle of the quietest three frames of the window's later part."""
        first = self._now - len(self._levels)
        earliest = self._begin + max(1, int(self._longest * self._policy.cut_from))
        levels = list(self._levels)[earliest - 1 - first :]
        around = [sum(levels[i : i + 3]) for i in range(len(levels) - 2)]
        self._begin = earliest + around.index(min(around))
        self._free_from = self._begin
        return SpeechCut(self._begin)
