"""Voice activity that does not grow deaf: begun anew wherever nobody has spoken for a while.

The network's state settles on what it hears. Of the frames of the same sentences it takes .48 for
speech after a second of silence, .29 after 25 s of it, .26 after ringing and .09 after noise; begun
anew .47 to .50 (`benchmarks/first_words.py`). The first words after a wait are the ones a call is
judged by.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.recogniser import Samples
from models.voice_activity import SpeechProbability

__all__ = ["FreshVoice"]

_BLOCK = 31
"""Frames, a second: only at its ends anything begins anew, however the sound came."""
_FORGET = 62
"""So many frames without speech."""
_SPEECH = 0.15
"""Half of what begins an utterance: speech that is only just not heard counts as speech here."""


class _Streams(Protocol):
    def stream(self) -> SpeechProbability: ...


class FreshVoice:
    """A `SpeechProbability` of one channel, from as many streams of the source as it takes."""

    def __init__(self, source: _Streams) -> None:
        self._source = source
        self._stream = source.stream()
        self._former: SpeechProbability | None = None
        """Heard on for two seconds: what begins to sound just then is not lost on a new one."""
        self._frames = 0
        self._quiet = 0
        self._begun_at = 0

    def feed(self, frames: Samples) -> NDArray[np.float32]:
        """As `SpeechProbability` says."""
        found: list[NDArray[np.float32]] = []
        while len(frames):
            room = _BLOCK - self._frames % _BLOCK
            found.append(self._within(frames[:room]))
            frames = frames[room:]
        return np.concatenate(found) if found else np.zeros(0, np.float32)

    def _within(self, frames: Samples) -> NDArray[np.float32]:
        """Frames of one second."""
        probabilities = self._stream.feed(frames)
        if self._former is not None:
            probabilities = np.maximum(probabilities, self._former.feed(frames))
        spoken = np.flatnonzero(probabilities >= _SPEECH)
        quiet = len(probabilities) - 1 - int(spoken[-1]) if len(spoken) else None
        self._quiet = self._quiet + len(probabilities) if quiet is None else quiet
        self._frames += len(frames)
        if self._frames % _BLOCK == 0:
            if self._begun_at <= self._frames - _FORGET:
                self._former = None
            if self._quiet >= _FORGET:
                self._former, self._stream = self._stream, self._source.stream()
                self._quiet, self._begun_at = 0, self._frames
        return probabilities
