"""Bytes of a telephone line to samples: G.711 and linear PCM, any chunking, odd bytes included."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.audio.resample import Resampler

MIN_RATE, MAX_RATE = 8_000, 48_000


class Encoding(StrEnum):
    LINEAR16 = "linear16"
    """Signed 16-bit little-endian."""
    MULAW = "mulaw"
    ALAW = "alaw"


class AudioFormatError(ValueError):
    """A format that no telephone sends; says what was found and what is expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireFormat:
    """What a feeder declares: encoding, samples per second of one channel, interleaved channels."""

    encoding: Encoding = Encoding.LINEAR16
    sample_rate: int = SAMPLE_RATE
    channels: int = 1

    def __post_init__(self) -> None:
        if not MIN_RATE <= self.sample_rate <= MAX_RATE:
            raise AudioFormatError(
                f"sample_rate is {self.sample_rate} Hz, expected {MIN_RATE} to {MAX_RATE}"
            )
        if self.channels not in (1, 2):
            raise AudioFormatError(
                f"channels is {self.channels}, expected 1, or 2 for agent and customer apart"
            )

    @property
    def frame_bytes(self) -> int:
        """Bytes of one sample of every channel."""
        return self.channels * (2 if self.encoding is Encoding.LINEAR16 else 1)

    @property
    def bytes_per_second(self) -> int:
        return self.frame_bytes * self.sample_rate


_QUIET = {Encoding.LINEAR16: b"\0\0", Encoding.MULAW: b"\xff", Encoding.ALAW: b"\xd5"}


def quiet(audio_format: WireFormat, frames: int) -> bytes:
    """So many samples of silence on every channel, as the wire has it."""
    return _QUIET[audio_format.encoding] * (frames * audio_format.channels)


class WireAudio:
    """One connection's stream of bytes: `push` gives float32 [channels, n] at 16 kHz."""

    def __init__(self, audio_format: WireFormat) -> None:
        self.format = audio_format
        self._rest = b""
        self._resampler = Resampler(rate=audio_format.sample_rate, channels=audio_format.channels)

    @property
    def odd_bytes(self) -> int:
        """Bytes of an unfinished sample, kept for the next push."""
        return len(self._rest)

    def push(self, data: bytes) -> Samples:
        data = self._rest + data
        whole = len(data) - len(data) % self.format.frame_bytes
        self._rest = data[whole:]
        return self._resampled(_decode(data[:whole], self.format.encoding))

    def silence(self, frames: int) -> Samples:
        """So many samples of nothing, in place of bytes that never came."""
        return self._resampled(np.zeros(frames * self.format.channels, np.float32))

    def drop_odd_bytes(self) -> None:
        """The connection broke within a sample, whose rest will not come."""
        self._rest = b""

    def close(self) -> Samples:
        """What the resampler still holds; an unfinished sample is gone."""
        self._rest = b""
        return self._resampler.close()

    def _resampled(self, samples: Samples) -> Samples:
        frames = samples.reshape(-1, self.format.channels)
        return self._resampler.feed(np.ascontiguousarray(frames.T))


def encode(samples: Samples, encoding: Encoding) -> bytes:
    """float32 in [-1, 1], interleaved, to the wire: what a client sends."""
    pcm = np.clip(np.rint(samples * 32_768.0), -32_768, 32_767).astype("<i2")
    if encoding is Encoding.LINEAR16:
        return bytes(pcm)
    table = _MULAW if encoding is Encoding.MULAW else _ALAW
    order = np.argsort(table, kind="stable")
    levels = table[order].astype(np.int32)
    middles = (levels[1:] + levels[:-1] + 1) // 2
    codes = order[np.searchsorted(middles, pcm.astype(np.int32), side="right")]
    return bytes(codes.astype(np.uint8))


def _decode(data: bytes, encoding: Encoding) -> Samples:
    if encoding is Encoding.LINEAR16:
        pcm: NDArray[np.int16] = np.frombuffer(data, "<i2")
    else:
        table = _MULAW if encoding is Encoding.MULAW else _ALAW
        pcm = table[np.frombuffer(data, np.uint8)]
    return pcm.astype(np.float32) / np.float32(32_768.0)


def _mulaw_levels() -> NDArray[np.int16]:
    """G.711 table 2a: 8 segments of 16 steps, complemented bits."""
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_levels() -> NDArray[np.int16]:
    """G.711 table 1a: even bits inverted."""
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, step = (code & 0x70) >> 4, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


_MULAW = _mulaw_levels()
_ALAW = _alaw_levels()
