"""Samples to a FLAC file, a block at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from models.recogniser import Samples

__all__ = ["write_flac"]

_FULL_SCALE = 32_767


def write_flac(target: Path, sound: Iterable[Samples], rate: int, channels: int) -> None:
    """`sound`: float32 [channels, n] in [-1, 1], one block after the other. Raises OSError."""
    import av

    layout = "stereo" if channels == 2 else "mono"
    with av.open(str(target), "w", format="flac") as copy:
        stream: Any = copy.add_stream("flac", rate=rate, layout=layout)
        at = 0
        for block in sound:
            pcm = np.clip(np.rint(block.T * _FULL_SCALE), -_FULL_SCALE, _FULL_SCALE)
            packed = np.ascontiguousarray(pcm, np.int16).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(packed, "s16", layout)
            frame.sample_rate, frame.pts = rate, at
            at += block.shape[1]
            copy.mux(stream.encode(frame))
        copy.mux(stream.encode(None))
