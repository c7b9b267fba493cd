"""Telephone rates to 16 kHz without waiting: a streaming resampler with 2 ms of delay for 8 kHz.

soxr's stream holds back 115 ms at 8 kHz in (measured, soxr 1.1, HQ), a quarter of what a prompt
may take in all. The half-band filter here holds back 1.5 ms; it is flat to 3.4 kHz, where a
telephone line ends, and at -45 dB from 4.6 kHz on. Other rates go through soxr.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples

HALF_TAPS = 12


class Resampler(Protocol):
    """float32 [n, channels] at the wire's rate in, float32 [m, channels] at 16 kHz out."""

    def push(self, samples: Samples, *, last: bool = False) -> Samples: ...


def resampler(rate: int, channels: int) -> Resampler:
    """The cheapest one for a rate in Hz."""
    if rate == SAMPLE_RATE:
        return Same()
    if rate * 2 == SAMPLE_RATE:
        return Doubler(channels)
    return Soxr(rate, channels)


class Same:
    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        return samples


class Doubler:
    """Every second output is an input sample; the one between, a windowed-sinc mean of 24."""

    def __init__(self, channels: int) -> None:
        offsets = np.arange(-HALF_TAPS, HALF_TAPS) + 0.5
        taps = np.sinc(offsets) * np.kaiser(2 * HALF_TAPS, 6.0)
        self._taps: NDArray[np.float32] = (taps / taps.sum()).astype(np.float32)
        self._history = np.zeros((2 * HALF_TAPS - 1, channels), np.float32)
        self._lead = 2 * HALF_TAPS
        """Outputs still to drop, since they stand before the first input sample."""

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        if last:
            tail = np.zeros((HALF_TAPS, self._history.shape[1]), np.float32)
            samples = np.concatenate([samples, tail])
        if not len(samples):
            return samples
        joined = np.concatenate([self._history, samples])
        self._history = joined[len(joined) - len(self._history) :]
        out = np.empty((2 * len(samples), samples.shape[1]), np.float32)
        out[0::2] = joined[HALF_TAPS - 1 : HALF_TAPS - 1 + len(samples)]
        for channel in range(samples.shape[1]):
            out[1::2, channel] = np.convolve(joined[:, channel], self._taps, "valid")
        skipped = min(self._lead, len(out))
        self._lead -= skipped
        return out[skipped:]


class Soxr:
    def __init__(self, rate: int, channels: int) -> None:
        import soxr

        self._stream: Any = soxr.ResampleStream(rate, SAMPLE_RATE, channels, dtype="float32")
        self._channels = channels

    def push(self, samples: Samples, *, last: bool = False) -> Samples:
        out: Samples = self._stream.resample_chunk(np.ascontiguousarray(samples), last=last)
        return out.reshape(-1, self._channels)
