"""A recorded voice says the same again: found by its sound, whatever the recogniser makes of it.

Of each frame, 16 bits tell where its spectrum rises (Haitsma and Kalker 2002): the same recording
has nearly the same bits each time, the same words of a person have not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["BANDS", "LEAST_FRAMES", "Bits", "alike", "bits_of", "joined", "repeats"]

Bits = NDArray[np.int8]
"""[frames, 16]: 1 or -1, 0 where nothing sounds."""

BANDS = 17
LEAST_FRAMES = 78
"""2.5 s: no shorter sentence is told from one that a person happens to say again."""
_SAME = 0.45
"""Mean product of the bits: 1 for the very same, 0 for others."""
_LAGS = 12
"""So many of the likeliest are looked at: a menu of three sentences repeats at one."""
_SMOOTH = 31
"""Frames over which likeness is averaged: a second."""
_HEARD = 0.3
"""Of them so much must sound."""


def bits_of(bands: NDArray[np.float32], before: NDArray[np.float32]) -> Bits:
    """`bands`: log power [frames, BANDS]; `before`: those of the frame before the first."""
    rising = np.diff(bands, axis=1)
    changing = np.diff(rising, axis=0, prepend=np.diff(before)[None])
    return np.where(changing > 0, 1, -1).astype(np.int8)


def repeats(bits: Bits) -> Iterator[tuple[int, int]]:
    """(first frame, one past the last) of what sounds more than once, in order.

    The lags at which a whole call is most like itself are found at once, by its transform; what is
    the same at each of them is then looked at frame by frame.
    """
    frames = len(bits)
    if frames < 2 * LEAST_FRAMES:
        return
    size = 1 << (2 * frames - 1).bit_length()
    spectrum = np.fft.rfft(bits.astype(np.float32), size, axis=0)
    likeness = np.fft.irfft((np.abs(spectrum) ** 2).sum(axis=1), size)[LEAST_FRAMES:frames]
    spans: list[tuple[int, int]] = []
    for lag in np.argsort(-likeness)[:_LAGS] + LEAST_FRAMES:
        for first, last in alike(bits[:-lag], bits[lag:]):
            spans += [(first, last), (first + int(lag), last + int(lag))]
    yield from joined(spans)


def joined(spans: Iterable[tuple[int, int]], gap: int = 0) -> Iterator[tuple[int, int]]:
    """Spans that touch, or lie no more than `gap` apart, as one; in order."""
    begin, end = -1, -1
    for first, last in sorted(spans):
        if first > end + gap or end < 0:
            if end > begin:
                yield begin, end
            begin = first
        end = max(end, last)
    if end > begin:
        yield begin, end


def alike(here: Bits, there: Bits, least: float = _SAME) -> Iterator[tuple[int, int]]:
    """Where both are one sound for long enough; `least`: the mean product of their bits."""
    together = here * there
    box = np.ones(_SMOOTH)
    same = np.convolve(together.mean(axis=1, dtype=np.float32), box, "same")
    heard = np.convolve(np.abs(together).mean(axis=1, dtype=np.float32), box, "same")
    same_sound = (same > least * np.maximum(heard, 1.0)) & (heard > _HEARD * _SMOOTH)
    for first, last in np.flatnonzero(np.diff(np.r_[0, same_sound, 0])).reshape(-1, 2):
        if last - first >= LEAST_FRAMES:
            yield int(first), int(last)
