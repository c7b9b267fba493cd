"""How loud a recording was where somebody is known to have spoken."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples

__all__ = ["LevelMeter"]

FRAME_MS = 20
_FRAME = SAMPLE_RATE * FRAME_MS // 1000


class LevelMeter:
    """Feed it the blocks of a recording; ask it for the level of any stretch afterwards.

    Holds one float for each channel and 20 ms: 36 kB for each ten minutes of a channel.
    """

    def __init__(self) -> None:
        self._powers: list[NDArray[np.float32]] = []
        self._rest: Samples | None = None
        self._samples = 0

    @property
    def duration_ms(self) -> int:
        return self._samples * 1000 // SAMPLE_RATE

    def feed(self, block: Samples) -> None:
        """`block` is float32 [channels, n] at 16 kHz."""
        self._samples += block.shape[1]
        joined = block if self._rest is None else np.concatenate([self._rest, block], axis=1)
        whole = joined.shape[1] // _FRAME * _FRAME
        frames = joined[:, :whole].reshape(joined.shape[0], -1, _FRAME)
        self._powers.append(np.mean(frames * frames, axis=2, dtype=np.float32))
        self._rest = joined[:, whole:]

    def levels(self, spans: Iterable[tuple[int, int]]) -> Sequence[float | None]:
        """Mean power in dB below full scale of each [begin_ms, end_ms), on the louder channel.

        None where the stretch lies outside the recording or holds nothing but zeros.
        """
        if not self._powers:
            return [None for _ in spans]
        powers = np.concatenate(self._powers, axis=1)
        found: list[float | None] = []
        for begin_ms, end_ms in spans:
            stretch = powers[:, begin_ms // FRAME_MS : max(end_ms, begin_ms + 1) // FRAME_MS + 1]
            power = float(stretch.mean(axis=1).max()) if stretch.shape[1] else 0.0
            found.append(round(10 * math.log10(power), 1) if power > 0 else None)
        return found
