"""Any sample rate to 16 kHz, block by block."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples

__all__ = ["Resampler"]


class Resampler:
    """Blocks of one stream in, 16 kHz out; the same samples come out in whatever blocks go in."""

    def __init__(self, *, rate: int, channels: int) -> None:
        self._stream: Any = None
        if rate != SAMPLE_RATE:
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
        if self._stream is None:
            return block
        out = self._stream.resample_chunk(np.ascontiguousarray(block.T), last=last)
        return np.ascontiguousarray(out.reshape(-1, self._channels).T)
