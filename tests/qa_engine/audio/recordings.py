"""Recordings that tests write: any codec PyAV has, and WAV headers by hand."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np

from models.recogniser import Samples


def tone(ms: int, *, rate: int, hz: float = 440.0, level: float = 0.3) -> Samples:
    t = np.arange(ms * rate // 1000) / rate
    return (level * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def wav(path: Path, samples: Samples, *, rate: int, promised: int | None = None) -> Path:
    """16-bit PCM of [channels, n]; `promised` bytes of data in the header instead of the real."""
    data = np.clip(samples.T * 32767, -32768, 32767).astype("<i2").tobytes()
    channels = samples.shape[0]
    size = len(data) if promised is None else promised
    head = b"RIFF" + struct.pack("<I", (36 + size) & 0xFFFFFFFF) + b"WAVE"
    layout = (16, 1, channels, rate, rate * 2 * channels, 2 * channels, 16)
    head += b"fmt " + struct.pack("<IHHIIHH", *layout)
    path.write_bytes(head + b"data" + struct.pack("<I", size) + data)
    return path


def encoded(path: Path, samples: Samples, *, rate: int, codec: str) -> Path:
    """[channels, n] through one of FFmpeg's encoders."""
    layout = "mono" if samples.shape[0] == 1 else "stereo"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
        frame.sample_rate = rate
        for packet in stream.encode(frame):
            container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return path
