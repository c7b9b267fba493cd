"""The features that sherpa-onnx computes: kaldi's log mel energies, 80 bands every 10 ms."""

from __future__ import annotations

from functools import cache
from math import log

import kaldi_native_fbank as knf
import numpy as np
import numpy.typing as npt

BANDS = 80
RATE = 16_000
SILENCE = log(float(np.finfo(np.float32).eps))
"""Every band of digital silence: kaldi's floor."""
WIDE_SCALE = 2 * log(32_768.0)
"""What samples up to 32768 (WeNet's) have more in every band than samples up to 1."""


@cache
def _options() -> knf.FbankOptions:
    options = knf.FbankOptions()
    options.frame_opts.samp_freq = RATE
    options.frame_opts.dither = 0.0
    options.frame_opts.snip_edges = False
    options.mel_opts.num_bins = BANDS
    options.mel_opts.low_freq = 20.0
    options.mel_opts.high_freq = -400.0
    return options


def fbank(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """[80, frames] of 16 kHz samples in -1 to 1."""
    computer = knf.OnlineFbank(_options())
    computer.accept_waveform(RATE, samples.tolist())
    computer.input_finished()
    count = computer.num_frames_ready
    if not count:
        return np.zeros((BANDS, 0), np.float32)
    frames = np.stack([computer.get_frame(i) for i in range(count)])
    return np.ascontiguousarray(frames.T.astype(np.float32))
