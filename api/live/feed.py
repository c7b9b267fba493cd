"""One call's audio as it comes in: bytes to samples, across dropped connections.

A feeder that lost its connection goes on from the millisecond it was told: what it sends twice is
skipped, what it cannot send any more becomes silence and is told as a gap.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from api.live.wire_audio import WireAudio, WireFormat
from models.recogniser import Samples

WATCH_AFTER_S = 8.0
RATE_TOLERANCE = 0.15


class Feed:
    """`push` bytes, get samples at 16 kHz."""

    def __init__(self, audio_format: WireFormat, begin_ms: int = 0) -> None:
        """`begin_ms`: where the first byte stands in the call."""
        self.format = audio_format
        self._wire = WireAudio(audio_format)
        self._frames = begin_ms * audio_format.sample_rate // 1_000
        self._skip_bytes = 0

    @property
    def received_ms(self) -> int:
        """Where the next byte stands in the call."""
        return self._frames * 1_000 // self.format.sample_rate

    def push(self, data: bytes) -> Samples:
        if self._skip_bytes:
            skipped = min(self._skip_bytes, len(data))
            self._skip_bytes -= skipped
            data = data[skipped:]
        before = self._wire.odd_bytes
        samples = self._wire.push(data)
        self._frames += (before + len(data) - self._wire.odd_bytes) // self.format.frame_bytes
        return samples

    def resume(self, from_ms: int | None) -> int:
        """A new connection goes on at `from_ms` (None: at `received_ms`).

        Returns how many milliseconds are missing: `silence` stands for them.
        """
        self._wire.drop_odd_bytes()
        at_frame = self._frames
        if from_ms is not None:
            at_frame = from_ms * self.format.sample_rate // 1_000
        self._skip_bytes = max(self._frames - at_frame, 0) * self.format.frame_bytes
        return max(at_frame - self._frames, 0) * 1_000 // self.format.sample_rate

    def silence(self, ms: int, piece_ms: int) -> Iterator[tuple[int, Samples]]:
        """In place of `ms` that never came: pieces, each with its length in milliseconds."""
        end_frame = self._frames + ms * self.format.sample_rate // 1_000
        while self._frames < end_frame:
            before_ms = self.received_ms
            frames = min(piece_ms * self.format.sample_rate // 1_000, end_frame - self._frames)
            samples = self._wire.silence(frames)
            self._frames += frames
            yield self.received_ms - before_ms, samples

    def close(self) -> Samples:
        """What was still on its way through the resampler."""
        return self._wire.close()


def rate_suspicion(audio_format: WireFormat, received_ms: int, wall_s: float) -> str | None:
    """A sentence when audio comes at half or twice real time: a wrong rate was declared."""
    if wall_s < WATCH_AFTER_S or received_ms == 0:
        return None
    speed = received_ms / 1_000 / wall_s
    for factor in (0.5, 2.0):
        if abs(speed / factor - 1.0) <= RATE_TOLERANCE:
            likely = round(audio_format.sample_rate * factor)
            return (
                f"audio declared as {audio_format.sample_rate} Hz x {audio_format.channels} comes "
                f"at {speed:.2f} x real time; {likely} Hz would fit: check sample_rate, channels "
                "and encoding"
            )
    return None


def slices(samples: Samples, length: int) -> list[Samples]:
    """Pieces of at most `length` samples of each channel, so that no call holds the others up."""
    if samples.shape[1] <= length:
        return [samples] if samples.shape[1] else []
    return [
        np.ascontiguousarray(samples[:, at : at + length])
        for at in range(0, samples.shape[1], length)
    ]
