"""One channel's sound as a few numbers each 32 ms: enough to know tones and music from speech."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples
from models.voice_activity import FRAME_SAMPLES
from qa_engine.line.repeats import BANDS, Bits, bits_of

__all__ = ["Spectra"]

Floats = NDArray[np.float32]

_SIZE = 2_048
"""128 ms: long enough that the harmonics of a gliding voice smear and those of a note do not."""
_LOW, _HIGH = 200 * _SIZE // SAMPLE_RATE, 3_400 * _SIZE // SAMPLE_RATE
_LAG = 6
"""Frames: spectra so far apart share no sample, and a held note looks the same in both."""
_SMOOTH = 12
"""Bins on either side over which a spectrum's shape is taken from it, so that its peaks remain."""
_NEAR = 3
"""Bins on either side of a peak that the window spreads a pure tone over."""
_HANN = np.hanning(_SIZE).astype(np.float32)
_EDGES = np.geomspace(_LOW, _HIGH - 1, BANDS + 1).astype(int)[:-1] - _LOW
_SOUNDING_DB = -50.0


class Spectra:
    """Feed it frames as the voice activity gets them; columns grow by one row a frame.

    `level`: dB below full scale. `purity`: the share of power in the two strongest peaks, in
    [0, 1]. `pitch`, `second`: the bins (7.8 Hz) of those two. `steadiness`: how alike the peaks
    are to those of 192 ms before, in [-1, 1]; a row tells of the 128 ms that end with its frame.
    """

    def __init__(self) -> None:
        self._tail = np.zeros(_SIZE - FRAME_SAMPLES, np.float32)
        self._peaks = np.zeros((_LAG, _HIGH - _LOW), np.float32)
        self._rows: list[Floats] = []
        self._bands = np.zeros(BANDS, np.float32)
        self._bits: list[Bits] = []

    def feed(self, frames: Samples) -> None:
        """`frames`: [n, 512] at 16 kHz."""
        if not len(frames):
            return
        sound = np.concatenate([self._tail, frames.reshape(-1)])
        self._tail = sound[-(_SIZE - FRAME_SAMPLES) :].copy()
        windows = np.lib.stride_tricks.sliding_window_view(sound, _SIZE)[::FRAME_SAMPLES]
        magnitude = np.abs(np.fft.rfft(windows * _HANN, axis=1))[:, _LOW:_HIGH]
        magnitude = magnitude.astype(np.float32)
        peaks = np.concatenate([self._peaks, _peaks_of(magnitude)])
        self._peaks = peaks[-_LAG:].copy()
        power = magnitude**2
        rows = np.column_stack([*_tone_of(power), _alike(peaks[:-_LAG], peaks[_LAG:])])
        self._rows.append(rows)
        bands = np.log(np.add.reduceat(power, _EDGES, axis=1) + 1e-6)
        bits = bits_of(bands, self._bands)
        bits[rows[:, 0] < _SOUNDING_DB] = 0
        self._bands = bands[-1]
        self._bits.append(bits)

    def rows(self, begin: int = 0, end: int | None = None) -> Floats:
        """[frames, 5]: level, purity, pitch, second, steadiness."""
        if not self._rows:
            return np.zeros((0, 5), np.float32)
        if len(self._rows) > 1:
            self._rows = [np.concatenate(self._rows)]
        return self._rows[0][begin:end]

    def bits(self, end: int) -> Bits:
        """What tells one recording from another, of the first `end` frames; 0: nothing sounds."""
        if not self._bits:
            return np.zeros((0, BANDS - 1), np.int8)
        if len(self._bits) > 1:
            self._bits = [np.concatenate(self._bits)]
        return self._bits[0][:end]


def _peaks_of(magnitude: Floats) -> Floats:
    """What stands out of each spectrum's own shape, in nepers, centred."""
    logs = np.log(magnitude + 1e-4)
    width = 2 * _SMOOTH + 1
    padded = np.pad(logs, ((0, 0), (_SMOOTH + 1, _SMOOTH)), mode="edge")
    sums = np.cumsum(padded, axis=1, dtype=np.float32)
    out = np.maximum(logs - (sums[:, width:] - sums[:, :-width]) / width, 0.0)
    return np.asarray(out - out.mean(axis=1, keepdims=True), np.float32)


def _tone_of(power: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    total = power.sum(axis=1) + 1e-9
    # Of the window's energy: a full-scale sine comes to about -3 dB.
    level = 10 * np.log10(total / (_SIZE * _SIZE * 3 / 16) + 1e-12)
    bins = np.arange(power.shape[1])
    first = power.argmax(axis=1)
    around = np.abs(bins - first[:, None]) <= _NEAR
    held = (power * around).sum(axis=1)
    rest = np.where(around, 0.0, power)
    second = rest.argmax(axis=1)
    held = held + (rest * (np.abs(bins - second[:, None]) <= _NEAR)).sum(axis=1)
    return (
        level.astype(np.float32),
        (held / total).astype(np.float32),
        (first + _LOW).astype(np.float32),
        (second + _LOW).astype(np.float32),
    )


def _alike(before: Floats, after: Floats) -> Floats:
    norm = np.sqrt((before**2).sum(axis=1) * (after**2).sum(axis=1)) + 1e-6
    return np.asarray((before * after).sum(axis=1) / norm, np.float32)
