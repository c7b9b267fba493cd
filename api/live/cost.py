"""What recognising one window costs on this machine: measured at the start, followed while it runs.

A recogniser is slow when one window takes it longer than people notice. Then a batch only keeps
its first members waiting for the last, a partial that has begun keeps a final waiting, and how
many calls can be heard live is a small number.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from models.recogniser import SAMPLE_RATE, Recogniser, Samples

__all__ = ["CALL_FINAL_EVERY_S", "DecodeCost", "measured"]

SLOW_S: Final = 0.15
CALL_FINAL_EVERY_S: Final = 3.0
"""Both channels of a call together end a sentence about this often."""
_WEIGHT: Final = 0.2
_FINALS_SHARE: Final = 0.75
"""Finals may take so much of the recogniser's time: more, and one waits for another too often."""
_PROBE_S: Final = 3


class DecodeCost:
    """Seconds a window: means over the last few. 0 until something was measured."""

    def __init__(self, final_s: float = 0.0) -> None:
        self.final_s = final_s
        self.partial_s = final_s

    def took(self, *, final: bool, size: int, seconds: float) -> None:
        """A batch of so many windows was recognised."""
        each_s = seconds / max(size, 1)
        if final:
            self.final_s = _followed(self.final_s, each_s)
        else:
            self.partial_s = _followed(self.partial_s, each_s)

    @property
    def slow(self) -> bool:
        return max(self.final_s, self.partial_s) > SLOW_S

    @property
    def live_calls(self) -> int | None:
        """How many calls this machine hears in time with a slow recogniser; None: no such limit."""
        if not self.slow:
            return None
        return max(1, int(_FINALS_SHARE * CALL_FINAL_EVERY_S / max(self.final_s, SLOW_S)))


def measured(recogniser: Recogniser, speech: Samples | None = None) -> DecodeCost:
    """Recognise a few seconds twice; the second time counts, for the first one warms up.

    `speech`: what to recognise, noise without it.
    """
    noise = np.random.default_rng(1).normal(0.0, 0.01, _PROBE_S * SAMPLE_RATE)
    window = noise.astype(np.float32) if speech is None else speech[: _PROBE_S * SAMPLE_RATE]
    seconds = 0.0
    for _ in range(2):
        began_s = time.perf_counter()
        recogniser.transcribe([window], final=True)
        seconds = time.perf_counter() - began_s
    return DecodeCost(seconds)


def _followed(mean_s: float, seconds: float) -> float:
    return seconds if not mean_s else mean_s + _WEIGHT * (seconds - mean_s)
