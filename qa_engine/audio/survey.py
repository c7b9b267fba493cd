"""One quick pass over a recording before anything is recognised.

It finds what is wrong with the file before time is spent on it, and brings what the whole file
tells: its exact length, its waveform, its channels, its checksum.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.recogniser import SAMPLE_RATE
from qa_engine.audio.channels import ChannelFinding, ChannelMeter, ChannelProblem
from qa_engine.audio.decode import blocks
from qa_engine.audio.peaks import PeakMeter, Peaks
from qa_engine.audio.probe import AudioFormat, probe

__all__ = ["Survey", "survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    audio_format: AudioFormat
    duration_ms: int
    sha256: str
    """Of the file's bytes, so that a score can be traced to the very recording."""
    peaks: Peaks
    levels_dbfs: tuple[float, ...]
    findings: tuple[ChannelFinding, ...]

    @property
    def duplicated(self) -> bool:
        return any(found.problem is ChannelProblem.DUPLICATED for found in self.findings)

    @property
    def voices(self) -> int:
        """Channels worth hearing: a copy of the other one is not."""
        return 1 if self.duplicated else self.audio_format.channels


def survey(path: Path) -> Survey:
    """Decode the whole file once, keeping next to nothing. Raises `AudioError`."""
    audio_format = probe(path)
    meter = ChannelMeter(audio_format.channels)
    peaks = PeakMeter(channels=audio_format.channels)
    samples = 0
    for block in blocks(path):
        samples += block.shape[1]
        meter.feed(block)
        peaks.feed(block)
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return Survey(
        audio_format=audio_format,
        duration_ms=samples * 1000 // SAMPLE_RATE,
        sha256=checksum,
        peaks=peaks.close(),
        levels_dbfs=meter.levels_dbfs,
        findings=meter.findings(),
    )
