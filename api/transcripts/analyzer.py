"""Transcripts in, reports out: what `Analyzer` is to recordings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from api.analyzer import CallAnalyzer, Progress, Rules
from api.transcripts.reading import read_transcript
from api.transcripts.source import ELSEWHERE, text_warnings
from api.transcripts.speakers import roles_of
from qa_engine.audio.decode import blocks
from qa_engine.audio.levels import LevelMeter
from qa_engine.audio.peaks import PeakMeter, Peaks
from qa_engine.audio.probe import probe
from qa_engine.dialogue import Basis, Dialogue
from qa_engine.events import Role
from qa_engine.report import Report
from qa_engine.report.build import compose
from qa_engine.report.model import CallFacts, ChannelRole
from qa_engine.rules.record import NOTHING_KNOWN, CallRecord
from qa_engine.text_call import judge_dialogue

__all__ = ["AUDIO_BESIDE", "TranscriptAnalyzer", "sound_beside"]

AUDIO_BESIDE = (".wav", ".mp3", ".flac", ".opus", ".ogg", ".m4a", ".amr")


class TranscriptAnalyzer(CallAnalyzer):
    """Turns transcripts into reports."""

    def __init__(self, *, phrasebook: Rules = None) -> None:
        super().__init__(phrasebook, ELSEWHERE)

    def analyze(
        self,
        recording: Path,
        *,
        script: str | None = None,
        roles: Sequence[Role] | None = None,
        progress: Progress | None = None,
        peaks: Callable[[Peaks], None] | None = None,
        record: CallRecord = NOTHING_KNOWN,
    ) -> Report:
        """Judge one transcript; a recording of the same name beside it gives levels and waveform.

        `roles` names the speakers in the order of their channels, where the file does not.
        """
        dialogue = read_transcript(recording)
        role_of, inferred = roles_of(
            dialogue, asked=roles, phrasebook=self.phrasebook, matcher=self.matcher
        )
        sound = sound_beside(recording)
        duration_ms = 0
        if sound is not None:
            dialogue, duration_ms, waveform = _with_sound(dialogue, sound)
            if peaks:
                peaks(waveform)
        result = judge_dialogue(
            dialogue,
            role_of,
            phrasebook=self.phrasebook,
            matcher=self.matcher,
            script=script or "",
            duration_ms=duration_ms,
            record=record,
        )
        if progress:
            progress(result.duration_ms, result.duration_ms)
        digest = hashlib.sha256(recording.read_bytes()).hexdigest()
        chosen = result.script
        return compose(
            result,
            phrasebook=self.phrasebook,
            recogniser=self._words_from,
            call=CallFacts(
                id=digest[:16],
                file=recording.name,
                duration_ms=result.duration_ms,
                codec=dialogue.shape,
                channels=tuple(
                    ChannelRole(channel=channel, role=role, inferred=inferred)
                    for channel, role in enumerate(Role)
                    if role in role_of.values()
                ),
                script=chosen.id if chosen else "",
                script_title=chosen.title if chosen else "",
            ),
            audio_sha256=digest,
            warnings=(
                *text_warnings(dialogue.basis),
                *self.script_warnings(script, record, result),
            ),
        )


def sound_beside(transcript: Path) -> Path | None:
    """The recording that a transcript is of, where it lies beside it under the same name."""
    for suffix in AUDIO_BESIDE:
        for spelt in (suffix, suffix.upper()):
            path = transcript.with_suffix(spelt)
            if path.is_file():
                return path
    return None


def _with_sound(dialogue: Dialogue, sound: Path) -> tuple[Dialogue, int, Peaks]:
    """The dialogue with the levels of its lines, the recording's length, and its waveform."""
    meter = LevelMeter()
    drawn = PeakMeter(channels=probe(sound).channels)
    for block in blocks(sound):
        meter.feed(block)
        drawn.feed(block)
    if dialogue.basis is not Basis.TIMES:
        return dialogue, 0, drawn.close()
    spans = [(line.begin_ms or 0, line.end_ms or line.begin_ms or 0) for line in dialogue.lines]
    lines = tuple(
        replace(line, level_dbfs=level)
        for line, level in zip(dialogue.lines, meter.levels(spans), strict=True)
    )
    measured = replace(dialogue, lines=lines, basis=Basis.SOUND)
    return measured, meter.duration_ms, drawn.close()
