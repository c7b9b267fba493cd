from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import IncompleteModel
from models.recogniser import Samples
from models.voice_activity import FRAME_SAMPLES, VoiceActivity

FRAMES = 40


@pytest.fixture(scope="module")
def voice() -> VoiceActivity:
    return VoiceActivity()


@pytest.fixture(scope="module")
def buzz() -> Samples:
    """Bursts of a glottal buzz: something the network has opinions about."""
    t = np.arange(FRAMES * FRAME_SAMPLES) / 16_000
    tone = sum(np.sin(2 * np.pi * 140 * k * t) / k for k in range(1, 20))
    gate = np.sin(2 * np.pi * 3 * t) > 0
    return (0.1 * tone * gate).astype(np.float32).reshape(FRAMES, FRAME_SAMPLES)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, FRAMES), max_size=8))
def test_any_chunking_gives_the_same_bits(
    voice: VoiceActivity, buzz: Samples, cuts: list[int]
) -> None:
    whole = voice.stream().feed(buzz)
    stream = voice.stream()
    parts = [stream.feed(part) for part in np.split(buzz, sorted(cuts))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_it_says_what_faster_whisper_says_of_the_whole_file(
    voice: VoiceActivity, buzz: Samples
) -> None:
    from faster_whisper.vad import get_vad_model

    theirs = np.asarray(get_vad_model()(buzz.reshape(-1))).reshape(-1)
    np.testing.assert_array_equal(voice.stream().feed(buzz), theirs)


def test_silence_is_not_speech(voice: VoiceActivity) -> None:
    quiet = np.zeros((50, FRAME_SAMPLES), np.float32)
    assert voice.stream().feed(quiet).max() < 0.2


def test_no_frames_give_no_probabilities(voice: VoiceActivity) -> None:
    assert len(voice.stream().feed(np.zeros((0, FRAME_SAMPLES), np.float32))) == 0


def test_a_missing_network_is_a_model_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(IncompleteModel, match="silero"):
        VoiceActivity()
