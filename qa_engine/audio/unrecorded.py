"""Stretches in which nothing was recorded at all: a recorder that was paused writes zeros.

So does a disk that loses a block; a byte of zero is the loudest value of μ-law, and stands still.

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
_RIPPLE = 2e-3
"""What resampling makes of a value that stands still."""
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
        self._stuck: list[np.ndarray] = []

    def feed(self, block: Samples) -> None:
        """The next samples, [channels, n] float32, cut anywhere."""
        joined = block if self._rest is None else np.concatenate([self._rest, block], axis=1)
        frames = joined.shape[1] // _FRAME
        whole = np.abs(joined[:, : frames * _FRAME]).max(axis=0, initial=0.0)
        self._loudest.append(whole.reshape(frames, _FRAME).max(axis=1))
        each = joined[:, : frames * _FRAME].reshape(len(joined), frames, _FRAME)
        high, low = each.max(axis=2, initial=-1), each.min(axis=2, initial=1)
        still = (high - low < _NOTHING + _RIPPLE * np.abs(high)) & (np.abs(high) > _QUIET)
        self._stuck.append(still.any(axis=0) & (still | (np.abs(high) < _NOTHING)).all(axis=0))
        self._rest = joined[:, frames * _FRAME :]

    @property
    def gaps(self) -> list[Gap]:
        """Of all channels together, in order of time."""
        loudest = np.concatenate(self._loudest) if self._loudest else np.zeros(0)
        nothing = loudest < _NOTHING
        runs = _runs(nothing)
        stuck = [
            run for run in _runs(np.concatenate(self._stuck or [np.zeros(0, bool)])) if _long(run)
        ]
        short = [run for run in runs if _SHORT_MS <= run.end_ms - run.begin_ms < _LEAST_MS]
        noise_ms = int((~nothing & (loudest < _QUIET)).sum()) * _FRAME_MS
        if len(short) > _MOST_SHORT or noise_ms < _LEAST_NOISE_MS:
            return stuck
        return sorted([*stuck, *(run for run in runs if _long(run))], key=lambda gap: gap.begin_ms)


def _runs(flags: np.ndarray) -> list[Gap]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [Gap(int(a) * _FRAME_MS, int(b) * _FRAME_MS) for a, b in edges.reshape(-1, 2)]


def _long(run: Gap) -> bool:
    return run.end_ms - run.begin_ms >= _LEAST_MS
