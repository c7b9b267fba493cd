"""Stretches in which nothing was recorded at all: a recorder that was paused writes zeros.

A line is never without any noise. One that carries digital silence in its ordinary pauses (a
telephone that sends nothing while nobody speaks, a synthetic voice) says nothing by it.
"""

from __future__ import annotations

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.audio.damage import Gap

__all__ = ["Unrecorded"]

_FRAME = SAMPLE_RATE // 50
_FRAME_MS = 20
_NOTHING = 2e-5
"""Below half a step of 16 bits: what resampling leaves of zeros."""
_QUIET = 0.003
_LEAST_MS = 3_000
_SHORT_MS = 100
_MOST_SHORT = 2
"""With more pauses of digital silence the line itself has none of its own noise."""
_LEAST_NOISE_MS = 1_000
"""So much of the line's own noise must have been heard."""


class Unrecorded:
    """Feed it a recording's blocks, float32 [channels, n] at 16 kHz; `gaps` once all were fed."""

    def __init__(self) -> None:
        self._rest: Samples | None = None
        self._loudest: list[np.ndarray] = []

    def feed(self, block: Samples) -> None:
        joined = block if self._rest is None else np.concatenate([self._rest, block], axis=1)
        frames = joined.shape[1] // _FRAME
        whole = np.abs(joined[:, : frames * _FRAME]).max(axis=0, initial=0.0)
        self._loudest.append(whole.reshape(frames, _FRAME).max(axis=1))
        self._rest = joined[:, frames * _FRAME :]

    @property
    def gaps(self) -> list[Gap]:
        """Of all channels together, in order of time."""
        loudest = np.concatenate(self._loudest) if self._loudest else np.zeros(0)
        nothing = loudest < _NOTHING
        edges = np.flatnonzero(np.diff(np.concatenate([[0], nothing.astype(np.int8), [0]])))
        runs = [Gap(int(a) * _FRAME_MS, int(b) * _FRAME_MS) for a, b in edges.reshape(-1, 2)]
        short = [run for run in runs if _SHORT_MS <= run.end_ms - run.begin_ms < _LEAST_MS]
        noise_ms = int((~nothing & (loudest < _QUIET)).sum()) * _FRAME_MS
        if len(short) > _MOST_SHORT or noise_ms < _LEAST_NOISE_MS:
            return []
        return [run for run in runs if run.end_ms - run.begin_ms >= _LEAST_MS]
