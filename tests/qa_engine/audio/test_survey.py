from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from qa_engine.audio.survey import survey
from tests.qa_engine.audio.recordings import tone, wav


def test_a_survey_tells_what_the_file_is(tmp_path: Path) -> None:
    left, right = tone(1_500, rate=8_000, hz=300), tone(1_500, rate=8_000, hz=500, level=0.1)
    path = wav(tmp_path / "a.wav", np.stack([left, right]), rate=8_000)
    seen = survey(path)
    assert seen.duration_ms == 1_500
    assert seen.audio_format.sample_rate == 8_000
    assert seen.audio_format.codec == "pcm_s16le"
    assert seen.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert seen.peaks.high.shape == (2, 30)
    assert seen.findings == ()
    assert seen.voices == 2
    assert seen.levels_dbfs[0] > seen.levels_dbfs[1]


def test_of_a_copied_channel_one_is_heard(tmp_path: Path) -> None:
    sound = tone(500, rate=8_000)
    seen = survey(wav(tmp_path / "a.wav", np.stack([sound, sound]), rate=8_000))
    assert seen.voices == 1
