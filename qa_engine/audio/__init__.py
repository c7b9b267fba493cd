"""Recordings as sound: any file PyAV reads, as 16 kHz float32 blocks, one row for each channel."""

from __future__ import annotations

from qa_engine.audio.channels import ChannelFinding, ChannelProblem
from qa_engine.audio.decode import blocks
from qa_engine.audio.errors import AudioError
from qa_engine.audio.peaks import PeakMeter, Peaks
from qa_engine.audio.probe import AudioFormat, probe
from qa_engine.audio.survey import Survey, survey

__all__ = [
    "AudioError",
    "AudioFormat",
    "ChannelFinding",
    "ChannelProblem",
    "PeakMeter",
    "Peaks",
    "Survey",
    "blocks",
    "probe",
    "survey",
]
