"""The waveform a person sees: the lowest and highest sample of each short stretch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples

__all__ = ["PeakMeter", "Peaks"]

Levels = NDArray[np.int8]
_PACK = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    bucket_ms: int
    low: Levels
    """[channels, buckets], -127…127 for -1…1."""
    high: Levels

    @property
    def channels(self) -> int:
        return int(self.low.shape[0])

    def coarser(self, most_buckets: int) -> Peaks:
        """The same waveform in at most that many buckets."""
        buckets = self.low.shape[1]
        factor = max(1, -(-buckets // most_buckets))
        pad = -buckets % factor
        low = np.pad(self.low, ((0, 0), (0, pad))).reshape(self.channels, -1, factor)
        high = np.pad(self.high, ((0, 0), (0, pad))).reshape(self.channels, -1, factor)
        return Peaks(bucket_ms=self.bucket_ms * factor, low=low.min(axis=2), high=high.max(axis=2))


class PeakMeter:
    """Blocks in, peaks out; holds two bytes a bucket and channel."""

    def __init__(self, *, channels: int, bucket_ms: int = 50) -> None:
        self._bucket_ms = bucket_ms
        self._size = bucket_ms * SAMPLE_RATE // 1000
        self._rest = np.zeros((channels, 0), np.float32)
        self._low = _Row(channels)
        self._high = _Row(channels)

    def feed(self, block: Samples) -> None:
        """`block` is float32 [channels, n]."""
        joined = np.concatenate([self._rest, block], axis=1) if self._rest.size else block
        whole = joined.shape[1] // self._size * self._size
        self._measure(joined[:, :whole])
        self._rest = joined[:, whole:].copy()

    def close(self) -> Peaks:
        """The peaks of all that was fed; the last bucket is filled up with silence."""
        left = self._rest.shape[1]
        if left:
            self._measure(np.pad(self._rest, ((0, 0), (0, self._size - left))))
            self._rest = self._rest[:, :0]
        return Peaks(bucket_ms=self._bucket_ms, low=self._low.close(), high=self._high.close())

    def _measure(self, samples: Samples) -> None:
        if not samples.shape[1]:
            return
        buckets = samples.reshape(samples.shape[0], -1, self._size)
        self._low.add(buckets.min(axis=2))
        self._high.add(buckets.max(axis=2))


class _Row:
    """Levels as they come, packed into bytes some hundred at a time."""

    def __init__(self, channels: int) -> None:
        self._packed: list[Levels] = [np.zeros((channels, 0), np.int8)]
        self._fresh: list[Samples] = []

    def add(self, levels: Samples) -> None:
        self._fresh.append(levels)
        if len(self._fresh) >= _PACK:
            self._pack()

    def close(self) -> Levels:
        self._pack()
        return np.concatenate(self._packed, axis=1)

    def _pack(self) -> None:
        if self._fresh:
            levels = np.concatenate(self._fresh, axis=1)
            self._packed.append(np.clip(np.rint(levels * 127), -127, 127).astype(np.int8))
            self._fresh = []
