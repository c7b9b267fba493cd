"""One channel's hearing: frames in, windows to recognise out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import log10

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from models.voice_activity import FRAME_MS
from qa_engine.hearing.accounting import Accounting, DropReason
from qa_engine.hearing.endpointer import (
    Begun,
    Endpointer,
    Paused,
    SpeechCut,
    SpeechEnded,
    SpeechMark,
)
from qa_engine.hearing.policy import EndpointPolicy, PartialPolicy, frames

__all__ = ["Ear", "UtteranceBegun", "Window"]

_LEAST_POWER = 1e-12
_NOTHING = np.zeros(0, np.float32)


@dataclass(frozen=True, slots=True)
class UtteranceBegun:
    """The windows that follow belong to a new utterance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of one utterance to recognise: what was heard so far, or (final) all of it."""

    begin_ms: int
    end_ms: int
    """Of the window; the speech in it is a little shorter."""
    speech_begin_ms: int
    speech_end_ms: int
    samples: Samples
    final: bool
    paused: bool = False
    """A partial that a pause asked for."""
    spoken_ms: int
    """How much of it is speech."""
    level_dbfs: float
    """Mean power of that speech."""
    too_short: bool = False
    """Not worth recognising: a click that a cut left over."""


@dataclass(frozen=True, slots=True)
class _Frame:
    samples: Samples
    power: float
    speech: bool


class Ear:
    """Keeps the sound of the current utterance and of a moment before, nothing else."""

    def __init__(
        self,
        endpoint: EndpointPolicy,
        partials: PartialPolicy | None,
        accounting: Accounting,
    ) -> None:
        pause_ms = partials.at_pause_ms if partials else None
        self._endpointer = Endpointer(endpoint, pause_ms=pause_ms)
        self._endpoint = endpoint
        self._partials = partials
        self._accounting = accounting
        self._kept: deque[_Frame] = deque()
        self._kept_from = 0
        self._now = 0
        self._speaking = False
        self._due = 0
        self._asked = 0
        self._last_speech = 0

    @property
    def undecided_from_ms(self) -> int:
        """No later utterance begins before this, and none of the earlier is still open."""
        return self._endpointer.undecided_from * FRAME_MS

    @property
    def heard_ms(self) -> int:
        """How far it has listened, in whole frames."""
        return self._now * FRAME_MS

    def feed(self, samples: Samples, probability: float) -> list[UtteranceBegun | Window]:
        """One frame (512 samples; the call's last may be shorter) and how likely it is speech."""
        power = float(np.mean(np.square(samples), dtype=np.float64)) if len(samples) else 0.0
        speech = probability >= self._endpoint.offset
        self._kept.append(_Frame(samples, power, speech))
        self._accounting.fed(len(samples))
        if speech:
            self._last_speech = self._now
        self._now += 1
        happened = self._follow(self._endpointer.feed(probability, power))
        if self._partial_due():
            happened.append(self._ask())
        if not self._speaking:
            self._forget(self._endpointer.undecided_from)
        return happened

    def finish(self) -> list[UtteranceBegun | Window]:
        """The current utterance ends here, without a pause."""
        happened = self._follow(self._endpointer.close())
        self._speaking = False
        return happened

    def close(self) -> list[UtteranceBegun | Window]:
        """The audio ended."""
        happened = self.finish()
        self._forget(self._now)
        return happened

    def _follow(self, marks: list[SpeechMark]) -> list[UtteranceBegun | Window]:
        happened: list[UtteranceBegun | Window] = []
        for mark in marks:
            match mark:
                case Begun(begin):
                    self._forget(begin)
                    happened.append(self._begin(begin))
                case Paused():
                    if self._unheard_speech:
                        happened.append(self._ask(paused=True))
                case SpeechEnded(end):
                    happened.append(self._finish(end))
                    self._speaking = False
                case SpeechCut(end):
                    happened.append(self._finish(end))
                    happened.append(self._begin(end))
        return happened

    def _begin(self, frame: int) -> UtteranceBegun:
        self._speaking = True
        self._asked = frame
        self._due = frame + frames(self._partials.first_ms) if self._partials else 0
        return UtteranceBegun()

    @property
    def _unheard_speech(self) -> bool:
        return self._last_speech >= self._asked

    def _partial_due(self) -> bool:
        wanted = self._partials is not None and self._speaking and self._now >= self._due
        return wanted and self._unheard_speech

    def _ask(self, *, paused: bool = False) -> Window:
        """A partial: everything of this utterance so far."""
        assert self._partials is not None
        self._asked = self._now
        self._due = self._now + frames(self._partials.every_ms)
        return self._window(list(self._kept), final=False, paused=paused)

    def _finish(self, end: int) -> Window:
        members = [self._kept.popleft() for _ in range(end - self._kept_from)]
        window = self._window(members, final=True)
        self._kept_from = end
        if window.too_short:
            self._accounting.dropped(len(window.samples), DropReason.TOO_SHORT)
        return window

    def _window(self, members: list[_Frame], *, final: bool, paused: bool = False) -> Window:
        samples = np.concatenate([_NOTHING, *(frame.samples for frame in members)])
        places = [place for place, frame in enumerate(members) if frame.speech]
        spoken = [members[place].power for place in places]
        power = sum(spoken) / len(spoken) if spoken else 0.0
        begin_ms = self._kept_from * FRAME_MS
        end_ms = begin_ms + len(samples) * 1000 // SAMPLE_RATE
        return Window(
            begin_ms=begin_ms,
            end_ms=end_ms,
            speech_begin_ms=begin_ms + (places[0] if places else 0) * FRAME_MS,
            speech_end_ms=min(end_ms, begin_ms + (places[-1] + 1 if places else 0) * FRAME_MS),
            samples=samples,
            final=final,
            paused=paused,
            spoken_ms=len(spoken) * FRAME_MS,
            level_dbfs=10 * log10(max(power, _LEAST_POWER)),
            too_short=final and len(spoken) * FRAME_MS < self._endpoint.min_speech_ms,
        )

    def _forget(self, before: int) -> None:
        """Frames that no utterance can reach any more are silence."""
        while self._kept and self._kept_from < before:
            self._accounting.silent(len(self._kept.popleft().samples))
            self._kept_from += 1
