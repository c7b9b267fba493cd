"""Any sample rate to 16 kHz, block by block: the same samples for a live line and for a file.

soxr's stream holds back 115 ms at 8 kHz in (measured, soxr 1.1, HQ), a quarter of what a live
prompt may take in all. So the telephone's rate has a resampler of its own that holds back 1.5 ms;
it is flat to 3.4 kHz, where a telephone line ends, and at -45 dB from 4.6 kHz on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples

__all__ = ["Doubler", "Resampler"]

_HALF = 12
"""Input samples on either side of a new one."""


class Resampler:
    """Blocks of one stream in, 16 kHz out; the same samples come out in whatever blocks go in."""

    def __init__(self, *, rate: int, channels: int) -> None:
        self._stream: Any = None
        self._doubler = Doubler(channels) if rate * 2 == SAMPLE_RATE else None
        if rate != SAMPLE_RATE and self._doubler is None:
            import soxr

            self._stream = soxr.ResampleStream(rate, SAMPLE_RATE, channels, dtype="float32")
        self._channels = channels

    def feed(self, block: Samples) -> Samples:
        """`block` and the result are float32 [channels, n]; the result may lag behind."""
        return self._run(block, last=False)

    def close(self) -> Samples:
        """What was still on its way."""
        return self._run(np.zeros((self._channels, 0), np.float32), last=True)

    def _run(self, block: Samples, *, last: bool) -> Samples:
        if self._doubler is not None:
            return self._doubler.close() if last else self._doubler.feed(block)
        if self._stream is None:
            return block
        out = self._stream.resample_chunk(np.ascontiguousarray(block.T), last=last)
        return np.ascontiguousarray(out.reshape(-1, self._channels).T)


class Doubler:
    """Every second output is an input sample; the one between, a windowed-sinc mean of 24."""

    def __init__(self, channels: int) -> None:
        offsets = np.arange(_HALF) + 0.5
        taps = np.sinc(offsets) * np.kaiser(2 * _HALF, 6.0)[_HALF:]
        self._taps: NDArray[np.float32] = (taps / (2 * taps.sum())).astype(np.float32)
        self._history = np.zeros((channels, 2 * _HALF - 1), np.float32)
        self._lead = 2 * _HALF
        """Outputs still to drop, since they stand before the first input sample."""

    def feed(self, block: Samples) -> Samples:
        """float32 [channels, n] at half the rate in; [channels, about 2n] out."""
        size = block.shape[1]
        joined = np.concatenate([self._history, block], axis=1)
        self._history = joined[:, joined.shape[1] - self._history.shape[1] :]
        out = np.empty((block.shape[0], 2 * size), np.float32)
        out[:, 0::2] = joined[:, _HALF - 1 : _HALF - 1 + size]
        # Tap by tap, not as one product: so a sum's rounding does not depend on the blocks.
        between = np.zeros((block.shape[0], size), np.float32)
        for distance, tap in enumerate(self._taps):
            before, after = _HALF - 1 - distance, _HALF + distance
            between += tap * (joined[:, before : before + size] + joined[:, after : after + size])
        out[:, 1::2] = between
        skipped = min(self._lead, out.shape[1])
        self._lead -= skipped
        return out[:, skipped:]

    def close(self) -> Samples:
        """What was still on its way."""
        return self.feed(np.zeros((self._history.shape[0], _HALF), np.float32))
