"""A recording as a telephone line would send it: its own sample rate, interleaved channels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from api.live.wire_audio import Encoding, WireFormat, encode
from models.recogniser import Samples
from qa_engine.audio.probe import describe, open_audio

TELEPHONE_HZ = 8_000
WIDE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class LineAudio:
    """Bytes as they go over the wire, and what they are."""

    format: WireFormat
    data: bytes

    @property
    def duration_ms(self) -> int:
        return len(self.data) * 1_000 // self.format.bytes_per_second

    def at(self, ms: int) -> int:
        """The byte where this moment begins."""
        frames = ms * self.format.sample_rate // 1_000
        return min(frames * self.format.frame_bytes, len(self.data))


def line_audio(path: Path, encoding: Encoding = Encoding.MULAW) -> LineAudio:
    """Read a whole recording. Raises `AudioError` for what is none."""
    with open_audio(path) as container:
        audio = describe(path, container)
        rate = TELEPHONE_HZ if audio.sample_rate <= TELEPHONE_HZ else WIDE_HZ
        samples = _read(container, rate, audio.channels)
    audio_format = WireFormat(encoding=encoding, sample_rate=rate, channels=audio.channels)
    return LineAudio(audio_format, encode(samples, encoding))


def _read(container: Any, rate: int, channels: int) -> Samples:
    import av

    layout = "stereo" if channels == 2 else "mono"
    resampler = av.AudioResampler(format="flt", layout=layout, rate=rate)
    frames = [*container.decode(audio=0), None]
    parts = [out.to_ndarray().ravel() for frame in frames for out in resampler.resample(frame)]
    return np.concatenate([np.zeros(0, np.float32), *parts], dtype=np.float32)
