"""Log-mel features as Whisper defines them, equal to faster-whisper's to float32 rounding."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

RATE = 16000
HOP = 160
WINDOW = 400
MELS = 80

Array = npt.NDArray[np.float32]


@cache
def _filters() -> Array:
    """Slaney-normalised triangles, [201 bins, 80 mels]."""
    bins = np.fft.rfftfreq(WINDOW, 1 / RATE)
    step = 200.0 / 3
    knee, log_step = 1000.0 / step, np.log(6.4) / 27.0
    top = knee + np.log((RATE / 2) / 1000.0) / log_step
    mels = np.linspace(0.0, top, MELS + 2)
    hz = np.where(mels >= knee, 1000.0 * np.exp(log_step * (mels - knee)), step * mels)
    width = np.diff(hz)
    ramps = hz[:, None] - bins[None]
    lower, upper = -ramps[:-2] / width[:-1, None], ramps[2:] / width[1:, None]
    triangles = np.maximum(0, np.minimum(lower, upper)) * (2.0 / (hz[2:] - hz[:-2]))[:, None]
    return np.ascontiguousarray(triangles.T.astype(np.float32))


@cache
def _window() -> Array:
    return np.hanning(WINDOW + 1)[:-1].astype(np.float32)


def log_mel(x: Array, louder: float = 0.0) -> Array:
    """Features [80, len(x) // 160] of 16 kHz samples.

    ``louder`` raises the peak that the 8-decade floor hangs from (in powers of ten): the effect
    of a louder stretch elsewhere in the same file.
    """
    padded = np.pad(x.astype(np.float32, copy=False), WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP][: len(x) // HOP]
    spectrum = np.fft.rfft(frames * _window(), axis=1)
    power = spectrum.real**2 + spectrum.imag**2
    mel = np.log10(np.maximum(power.astype(np.float32) @ _filters(), 1e-10))
    mel = np.maximum(mel, mel.max() + louder - 8.0)
    return np.ascontiguousarray(((mel + 4.0) / 4.0).T.astype(np.float32))
