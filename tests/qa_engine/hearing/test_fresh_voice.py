"""Whoever speaks after a long wait is heard as one who speaks at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.recogniser import SAMPLE_RATE, Samples
from models.voice_activity import FRAME_SAMPLES, VoiceActivity
from qa_engine.audio.decode import blocks
from qa_engine.hearing.fresh_voice import FreshVoice

CALL = Path(__file__).parents[3] / "api" / "demo" / "good.flac"


@pytest.fixture(scope="module")
def voice() -> VoiceActivity:
    return VoiceActivity()


def frames(sound: Samples) -> Samples:
    return sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)


def talk() -> Samples:
    return frames(np.concatenate(list(blocks(CALL)), axis=1)[0][: 30 * SAMPLE_RATE])


def noise(seconds: int) -> Samples:
    return np.random.default_rng(0).normal(0, 2e-3, seconds * SAMPLE_RATE).astype(np.float32)


class Deaf:
    """Says of the first 40 frames of each stream what their mean is, and then nothing."""

    made = 0

    def stream(self) -> Deaf:
        self.made += 1
        fresh = Deaf()
        fresh.heard = 0
        return fresh

    heard = 0

    def feed(self, frames: Samples) -> np.ndarray:
        before, self.heard = self.heard, self.heard + len(frames)
        deaf = np.arange(before, self.heard) >= 40
        return np.where(deaf, 0.0, frames.mean(axis=1)).astype(np.float32)


@pytest.mark.parametrize("chunk", [1, 7, 31, 100])
def test_what_is_heard_does_not_depend_on_how_the_sound_came(
    chunk: int, voice: VoiceActivity
) -> None:
    sound = np.concatenate([frames(noise(7)), talk()])
    whole = FreshVoice(voice).feed(sound)
    parts = FreshVoice(voice)
    found = [parts.feed(sound[at : at + chunk]) for at in range(0, len(sound), chunk)]
    assert np.array_equal(np.concatenate(found), whole)


def test_a_network_that_grew_deaf_hears_again() -> None:
    source = Deaf()
    fresh = FreshVoice(source)
    fresh.feed(np.zeros((31 * 6, FRAME_SAMPLES), np.float32))
    heard = fresh.feed(np.ones((10, FRAME_SAMPLES), np.float32))
    assert (heard > 0.5).all()


def test_nobody_is_heard_in_silence_and_noise(voice: VoiceActivity) -> None:
    for sound in (np.zeros(40 * SAMPLE_RATE, np.float32), noise(40)):
        assert FreshVoice(voice).feed(frames(sound)).max() < 0.3


def test_no_frames_give_no_probabilities(voice: VoiceActivity) -> None:
    assert len(FreshVoice(voice).feed(np.zeros((0, FRAME_SAMPLES), np.float32))) == 0
