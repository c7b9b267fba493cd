"""A recorded voice that says the same again is known by its sound."""

from __future__ import annotations

import numpy as np
import pytest

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Role
from qa_engine.line.listen import LineListener
from qa_engine.line.recorded import SoundMark, with_repeated
from tests.qa_engine.rules.scripted import utterance

IVR, ANNOUNCEMENT, RING = StretchKind.IVR, StretchKind.ANNOUNCEMENT, StretchKind.RING


def sentence(seed: int, seconds: float = 5) -> Samples:
    """Syllables of one voice: formants and pitch by chance, the same for the same seed."""
    chance = np.random.default_rng(seed)
    parts = []
    for _ in range(int(seconds / 0.2)):
        t = np.arange(int(0.2 * SAMPLE_RATE)) / SAMPLE_RATE
        phase = 2 * np.pi * np.cumsum(chance.uniform(140, 220) + 40 * t) / SAMPLE_RATE
        first, second = chance.uniform(300, 900), chance.uniform(1_000, 2_600)
        voice = np.zeros(len(t))
        for number in range(1, 20):
            hz = number * 180
            gain = 1 / (1 + ((hz - first) / 120) ** 2) + 0.6 / (1 + ((hz - second) / 200) ** 2)
            voice += gain * np.sin(number * phase)
        parts.append(voice * np.hanning(len(t)))
    return np.asarray(0.1 * np.concatenate(parts), np.float32)


def again(*pieces: Samples, noise: float = 1e-3) -> list[tuple[int, int]]:
    """Where the line says the same again, in ms."""
    sound = np.concatenate(pieces)
    sound = sound + np.random.default_rng(9).normal(0, noise, len(sound)).astype(np.float32)
    line = LineListener(0)
    line.feed(sound[: len(sound) // 512 * 512].reshape(-1, 512))
    found = line.sounds(len(sound) // 16, ended=True)
    return [(s.begin_ms, s.end_ms) for s in found if s.kind is IVR]


def pause(seconds: float) -> Samples:
    return np.zeros(int(seconds * SAMPLE_RATE), np.float32)


@pytest.mark.parametrize("gap_s", [1.0, 1.013, 3.7])
def test_what_is_played_twice_is_found_both_times_wherever_the_frames_fall(gap_s: float) -> None:
    found = again(sentence(1, 8), pause(1), sentence(2), pause(gap_s), sentence(2), sentence(3, 8))
    assert len(found) == 2
    (begin, end), (begin_again, end_again) = found
    assert abs(begin - 9_000) < 1_000
    assert abs(end - 14_000) < 1_000
    assert abs(begin_again - begin - (5_000 + gap_s * 1000)) < 100
    assert abs(end_again - begin_again - (end - begin)) < 200


def test_other_sentences_of_the_same_voice_are_not_the_same() -> None:
    assert again(*(sentence(seed) for seed in range(8))) == []


def test_silence_hum_and_noise_say_nothing_again() -> None:
    hum = 0.02 * np.sin(2 * np.pi * 50 * np.arange(20 * SAMPLE_RATE) / SAMPLE_RATE)
    assert again(pause(20), noise=0) == []
    assert again(pause(20), noise=0.05) == []
    assert again(hum.astype(np.float32), sentence(1), noise=1e-3) == []


TWICE = [
    Stretch(kind=IVR, channel=0, begin_ms=5_000, end_ms=9_000),
    Stretch(kind=IVR, channel=0, begin_ms=12_000, end_ms=16_000),
]
SAID = [
    utterance(1, Role.AGENT, 5.1, 8.9, "多不打底"),
    utterance(2, Role.AGENT, 12.1, 15.9, "不打"),
    utterance(3, Role.AGENT, 17.0, 19.0, "您好"),
]


def test_a_repeated_voice_nobody_understands_is_recorded_and_after_a_tone_the_carriers() -> None:
    ring = Stretch(kind=RING, channel=1, begin_ms=0, end_ms=4_000)
    kinds = {id_: mark.kind for id_, mark in with_repeated(SAID, {}, TWICE).items()}
    assert kinds == {1: IVR, 2: IVR}
    kinds = {id_: mark.kind for id_, mark in with_repeated(SAID, {}, [ring, *TWICE]).items()}
    assert kinds == {1: ANNOUNCEMENT, 2: ANNOUNCEMENT}


def test_the_words_of_one_time_tell_what_the_other_is() -> None:
    marks = {2: SoundMark(ANNOUNCEMENT, alone=True)}
    found = with_repeated(SAID, marks, TWICE)
    assert found[1].kind is ANNOUNCEMENT
    assert found[2] == marks[2]
