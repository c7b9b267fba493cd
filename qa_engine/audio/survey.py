"""What a whole recording tells beside its words: length, waveform, channels, checksum.

It is given the blocks that are heard anyway, so that nothing is decoded twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.anatomy import Stretch
from qa_engine.audio.channels import (
    ChannelFinding,
    ChannelMeter,
    ChannelProblem,
    damaged,
    unrecorded,
)
from qa_engine.audio.damage import Damage, Gap
from qa_engine.audio.decode import blocks
from qa_engine.audio.peaks import PeakMeter, Peaks
from qa_engine.audio.probe import AudioFormat, probe
from qa_engine.audio.reading import AS_IT_IS, Reading
from qa_engine.audio.unrecorded import Unrecorded

__all__ = ["Survey", "Surveyor", "survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    audio_format: AudioFormat
    duration_ms: int
    sha256: str
    """Of the file's bytes, so that a score can be traced to the very recording."""
    peaks: Peaks
    levels_dbfs: tuple[float, ...]
    findings: tuple[ChannelFinding, ...]
    voices: int
    """Channels worth hearing: a copy of the other one is not."""
    damage: Damage


class Surveyor:
    """Feed it a recording's blocks in order; it keeps next to nothing. Raises `AudioError`."""

    def __init__(self, path: Path, how: Reading = AS_IT_IS) -> None:
        self.audio_format = probe(path, how)
        self.damage = Damage()
        """For `blocks` to fill while it reads what is fed here."""
        self._path = path
        self._meter = ChannelMeter(self.audio_format.channels)
        self._peaks = PeakMeter(channels=self.audio_format.channels)
        self._unrecorded = Unrecorded()
        self._samples = 0

    @property
    def voices(self) -> int:
        """Channels worth hearing, by what was fed so far."""
        problems = {found.problem for found in self._meter.findings()}
        return 1 if ChannelProblem.DUPLICATED in problems else self.audio_format.channels

    def feed(self, block: Samples) -> None:
        """`block` is float32 [channels, n] at 16 kHz."""
        self._samples += block.shape[1]
        self._meter.feed(block)
        self._peaks.feed(block)
        self._unrecorded.feed(block)

    @property
    def missing(self) -> list[Stretch]:
        """All that is lost of the sound, once all of it was fed."""
        return [*self.damage.missing, *(gap.stretch for gap in self._unheard())]

    def _unheard(self) -> list[Gap]:
        """Digital silence that does not stand for what could not be decoded."""
        return [
            gap
            for gap in self._unrecorded.gaps
            if 2 * sum(_shared_ms(gap, lost) for lost in self.damage.gaps)
            < gap.end_ms - gap.begin_ms
        ]

    def close(self) -> Survey:
        """The whole of it was fed."""
        with self._path.open("rb") as file:
            checksum = hashlib.file_digest(file, "sha256").hexdigest()
        return Survey(
            audio_format=self.audio_format,
            duration_ms=self._samples * 1000 // SAMPLE_RATE,
            sha256=checksum,
            peaks=self._peaks.close(),
            levels_dbfs=self._meter.levels_dbfs,
            findings=(
                *self._meter.findings(),
                *damaged(self.damage),
                *unrecorded(self._unheard()),
            ),
            voices=self.voices,
            damage=self.damage,
        )


def _shared_ms(one: Gap, other: Gap) -> int:
    return max(0, min(one.end_ms, other.end_ms) - max(one.begin_ms, other.begin_ms))


def survey(path: Path, how: Reading = AS_IT_IS) -> Survey:
    """Decode a whole file for nothing else. Raises `AudioError`."""
    surveyor = Surveyor(path, how)
    for block in blocks(path, how=how, damage=surveyor.damage):
        surveyor.feed(block)
    return surveyor.close()
