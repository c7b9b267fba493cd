"""Log-mel features as Whisper defines them, of a window's own length."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples

__all__ = ["FRAME_MS", "log_mel", "mel_power"]

FRAME_MS = 10
_HOP = 160
_WINDOW = 400
_FLOOR = 1e-10
_DECADES = 8.0


def log_mel(samples: Samples, *, bands: int) -> NDArray[np.float32]:
    """Features [bands, len(samples) // 160], one column per 10 ms; at least one column.

    Equal to faster-whisper's extractor to float32 rounding.
    """
    mel = np.log10(np.maximum(mel_power(samples, bands=bands), _FLOOR))
    mel = np.maximum(mel, mel.max() - _DECADES)
    return np.ascontiguousarray(((mel + 4.0) / 4.0).T, dtype=np.float32)


def mel_power(samples: Samples, *, bands: int) -> NDArray[np.float32]:
    """Power in each mel band, [len(samples) // 160, bands], one row per 10 ms; at least one."""
    frames = max(1, len(samples) // _HOP)
    half = _WINDOW // 2
    # Whisper reflects the window's first samples before it; after it there is only silence.
    head = min(half, max(len(samples) - 1, 0))
    padded = np.zeros(half + max(len(samples), frames * _HOP) + half, np.float32)
    padded[half - head : half] = samples[1 : head + 1][::-1]
    padded[half : half + len(samples)] = samples
    columns = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:frames]
    spectrum = np.fft.rfft(columns * _hann(), axis=1)
    power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
    return np.asarray(power @ _triangles(bands), np.float32)


@cache
def _hann() -> NDArray[np.float32]:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _triangles(bands: int) -> NDArray[np.float32]:
    """Slaney's mel filters, area-normalised, [201 bins, bands]."""
    bins = np.fft.rfftfreq(_WINDOW, 1 / SAMPLE_RATE)
    hz_per_mel = 200.0 / 3
    knee = 1000.0 / hz_per_mel
    log_step = np.log(6.4) / 27.0
    top = knee + np.log(SAMPLE_RATE / 2 / 1000.0) / log_step
    mels = np.linspace(0.0, top, bands + 2)
    hz = np.where(mels < knee, hz_per_mel * mels, 1000.0 * np.exp(log_step * (mels - knee)))
    ramps = hz[:, None] - bins[None]
    widths = np.diff(hz)
    rising = -ramps[:-2] / widths[:-1, None]
    falling = ramps[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    triangles *= (2.0 / (hz[2:] - hz[:-2]))[:, None]
    return np.ascontiguousarray(triangles.T, dtype=np.float32)
