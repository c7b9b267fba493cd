"""The pitch of a voice, 50 times a second, by autocorrelation.

A telephone cuts the fundamental off, so the period is read from the harmonics that are left, in the
autocorrelation of a spectrum flattened a little (which keeps a formant from passing for a pitch),
over that of its window (Boersma 1993). The best peaks of each frame are joined to the path that
gains most (Viterbi), which keeps it from jumping an octave.

Own code because the kept libraries that are not GPL cost more than the whole budget of .01
CPU-seconds a second: librosa's pYIN about .3, WORLD's Harvest .1 (Praat is GPL).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples

__all__ = ["HOP_MS", "pitch_of"]

Floats = NDArray[np.float32]

HOP_MS = 20
_RATE = 8_000
_HOP = _RATE * HOP_MS // 1000
_WINDOW = 400
"""50 ms: three periods of the deepest voice."""
_SIZE = 1_024
_LOW_HZ, _HIGH_HZ = 65, 500
_SHORT, _LONG = _RATE // _HIGH_HZ, _RATE // _LOW_HZ
_FLATTEN = 1.2
"""To this power is the magnitude raised; 2 would be the power spectrum itself."""
_CANDIDATES = 5
_VOICED = 0.3
"""A weaker peak is noise."""
_OCTAVE_COST = 0.02
"""Of an octave lower: every second period is a peak as well."""
_JUMP_COST = 0.35
"""Of an octave between two frames."""
_ONSET_COST = 0.14
_FAR = 0.8
"""Octaves from the middle of an utterance."""
_FAR_COST = 1.0
"""Of an octave beyond that."""
_QUIET_DB = -35.0
"""Below the loudest moment: no voice to speak of."""
_LEVEL_FLOOR = 1e-9

_HANN = np.hanning(_WINDOW).astype(np.float32)


def pitch_of(samples: Samples) -> tuple[Floats, Floats]:
    """Pitch in Hz (0: none) and power (mean square) of each `HOP_MS` of float32 mono at 16 kHz."""
    count = len(samples) // (2 * _HOP)
    if count == 0:
        empty = np.zeros(0, np.float32)
        return empty, empty
    narrow = _halved(samples)
    padded = np.pad(narrow, (_WINDOW // 2, _WINDOW // 2 + _HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[_HOP // 2 :: _HOP][:count]
    power = np.square(narrow[: count * _HOP].reshape(count, _HOP)).mean(axis=1)
    hz, strength = _candidates(windows)
    heard = power > max(float(power.max()) * 10 ** (_QUIET_DB / 10), _LEVEL_FLOOR)
    strength[~heard] = 0.0
    found = _path(hz, strength)
    if (found > 0).any():
        # A voice stays within two octaves: what is farther from its middle is a formant's.
        away = np.abs(np.log2(hz / np.median(found[found > 0])))
        found = _path(hz, strength - _FAR_COST * np.maximum(away - _FAR, 0.0))
    return found, power.astype(np.float32)


def _halved(samples: Samples) -> Floats:
    """16 kHz to 8 kHz."""
    assert SAMPLE_RATE == 2 * _RATE
    even = samples[: len(samples) // 2 * 2]
    smooth = np.convolve(even, _HALF_BAND, "same")
    return np.asarray(smooth[::2], np.float32)


def _candidates(windows: Floats) -> tuple[Floats, Floats]:
    """The strongest peaks of each frame: Hz and strength, [frames, _CANDIDATES]."""
    spectrum = np.abs(np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * _HANN, _SIZE))
    flat = spectrum.astype(np.float32) ** _FLATTEN
    correlation = np.fft.irfft(flat, _SIZE)[:, : _LONG + 2].astype(np.float32)
    correlation /= np.maximum(correlation[:, :1], 1e-12)
    correlation /= _OF_WINDOW
    here, before, after = (
        correlation[:, _SHORT : _LONG + 1],
        correlation[:, _SHORT - 1 : _LONG],
        correlation[:, _SHORT + 1 : _LONG + 2],
    )
    is_peak = (here >= before) & (here > after)
    bend = before - 2 * here + after
    offset = np.where(is_peak & (bend < 0), 0.5 * (before - after) / np.minimum(bend, -1e-9), 0.0)
    lags = np.arange(_SHORT, _LONG + 1) + offset
    height = here - 0.25 * (before - after) * offset
    cost = _OCTAVE_COST * np.log2(lags / _SHORT)
    score = np.where(is_peak, np.minimum(height, 1.0) - cost, -1.0)
    best = np.argpartition(-score, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    hz = _RATE / np.take_along_axis(lags, best, axis=1)
    return hz.astype(np.float32), np.take_along_axis(score, best, axis=1).astype(np.float32)


def _path(hz: Floats, strength: Floats) -> Floats:
    """The pitch of each frame on the path that gains most; 0 where that has none."""
    frames = len(hz)
    logs = np.concatenate([np.log2(hz), np.zeros((frames, 1))], axis=1)
    gains = np.concatenate(
        [np.where(strength > 0, strength, -1.0), np.full((frames, 1), _VOICED)], axis=1
    )
    mute = _CANDIDATES
    jumps = _JUMP_COST * np.abs(logs[1:, None, :] - logs[:-1, :, None])
    jumps[:, mute, :] = jumps[:, :, mute] = _ONSET_COST
    jumps[:, mute, mute] = 0.0
    total = gains[0]
    came = np.zeros((frames, _CANDIDATES + 1), np.intp)
    columns = np.arange(_CANDIDATES + 1)
    for frame in range(1, frames):
        ways = total[:, None] - jumps[frame - 1]
        came[frame] = ways.argmax(axis=0)
        total = ways[came[frame], columns] + gains[frame]
    found = np.zeros(frames, np.float32)
    state = int(total.argmax())
    for frame in range(frames - 1, -1, -1):
        if state != mute:
            found[frame] = hz[frame, state]
        state = int(came[frame, state])
    return found


def _half_band() -> Floats:
    reach = np.arange(-15, 16)
    taps = np.sinc(reach / 2) * np.hamming(31) / 2
    return np.asarray(taps / taps.sum(), np.float32)


_HALF_BAND = _half_band()
_WINDOW_SHAPE = np.fft.irfft(np.abs(np.fft.rfft(_HANN, _SIZE)) ** _FLATTEN, _SIZE)[: _LONG + 2]
_OF_WINDOW: Floats = np.asarray(_WINDOW_SHAPE / _WINDOW_SHAPE[0], np.float32)
