"""From the sound of an utterance to its contour."""

from __future__ import annotations

import math

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.prosody.contour import STEP_MS, Contour
from qa_engine.prosody.pitch import HOP_MS, pitch_of

__all__ = ["contour_of"]

_HOPS = STEP_MS // HOP_MS
_LEAST_VOICED = 2
"""Of the hops in a step; a single one is a click."""
_LEAST_NOISE_HOPS = 3
_FLOOR = 1e-9


def contour_of(samples: Samples, *, begin_ms: int, end_ms: int) -> Contour:
    """`samples`: float32 mono at 16 kHz; the speech in them lies between `begin_ms` and `end_ms`.

    What lies around it tells how loud the line itself is.
    """
    first = max(0, begin_ms) // HOP_MS
    last = min(-(-end_ms // HOP_MS), len(samples) * 1000 // SAMPLE_RATE // HOP_MS)
    spoken = samples[first * HOP_MS * 16 : max(first, last) * HOP_MS * 16]
    hz, power = pitch_of(spoken)
    steps = len(hz) // _HOPS
    hz = hz[: steps * _HOPS].reshape(steps, _HOPS)
    power = power[: steps * _HOPS].reshape(steps, _HOPS).mean(axis=1)
    voiced = (hz > 0).sum(axis=1) >= _LEAST_VOICED
    middle = [
        float(np.median(row[row > 0])) if on else 0.0 for row, on in zip(hz, voiced, strict=True)
    ]
    return Contour(
        pitch_hz=tuple(round(one) for one in middle),
        level_dbfs=tuple(round(10 * math.log10(max(float(one), _FLOOR))) for one in power),
        noise_dbfs=_noise(samples, first, last),
    )


def _noise(samples: Samples, first: int, last: int) -> float | None:
    size = HOP_MS * SAMPLE_RATE // 1000
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    around = np.concatenate([whole[:first], whole[last:]])
    powers = np.square(around, dtype=np.float64).mean(axis=1)
    powers = powers[powers > _FLOOR]
    if len(powers) < _LEAST_NOISE_HOPS:
        return None
    return round(10 * math.log10(float(np.percentile(powers, 20))), 1)
