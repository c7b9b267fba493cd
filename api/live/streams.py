"""Windows that still grow, each with what a streaming recogniser made of it so far.

A partial's window begins where the one before it did and is longer: only what is new is heard.
The final goes on from there too, unless it ends before what a partial has heard already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.live.scheduler import DecodeJob
from models.recogniser import RecogniserStream, StreamingRecogniser, Transcript

__all__ = ["OpenStreams"]

MOST: Final = 1_024
"""Open at once; beyond it the one opened first is begun anew when its window goes on."""


@dataclass(slots=True)
class _Growing:
    utterance: int
    begin_ms: int
    hotwords: str
    stream: RecogniserStream
    heard: int = 0
    """Samples."""

    def goes_on(self, job: DecodeJob) -> bool:
        same = (self.utterance, self.begin_ms, self.hotwords)
        return same == (
            job.window.utterance,
            job.window.begin_ms,
            job.hotwords,
        ) and self.heard <= len(job.window.samples)


class OpenStreams:
    """At most one of each channel of a call. Use it from the thread that recognises."""

    def __init__(self, recogniser: StreamingRecogniser, *, most: int = MOST) -> None:
        self._recogniser = recogniser
        self._most = most
        self._growing: dict[tuple[str, int], _Growing] = {}

    def __len__(self) -> int:
        return len(self._growing)

    def hear(self, job: DecodeJob) -> Transcript:
        """The transcript of the job's window; its new part alone costs anything."""
        key = (job.call_id, job.window.channel)
        # Taken out while it is used: one that fails half way is not gone on with.
        growing = self._growing.pop(key, None)
        if growing is None or not growing.goes_on(job):
            stream = self._recogniser.open_stream(hotwords=job.hotwords)
            growing = _Growing(job.window.utterance, job.window.begin_ms, job.hotwords, stream)
        growing.stream.hear(job.window.samples[growing.heard :])
        growing.heard = len(job.window.samples)
        if job.window.final:
            return growing.stream.finish()
        heard = growing.stream.so_far()
        while len(self._growing) >= self._most:
            del self._growing[next(iter(self._growing))]
        self._growing[key] = growing
        return heard

    def forget(self, call_id: str) -> None:
        """The call is gone; may be called from another thread."""
        for key in [key for key in list(self._growing) if key[0] == call_id]:
            self._growing.pop(key, None)
