from __future__ import annotations

import numpy as np
import pytest

from models.recogniser import Samples
from qa_engine.speakers.spectrum import Print, two_speakers, voice_print


def spoken(hz: float, seed: int, *, level: float = 0.1, ms: int = 1_500) -> Samples:
    """Noise around one frequency: one speaker's colour."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.standard_normal(ms * 16))
    f = np.fft.rfftfreq(ms * 16, 1 / 16_000)
    sound = np.fft.irfft(spectrum * (0.01 + np.exp(-(((f - hz) / (0.6 * hz)) ** 2))))
    return (level * sound / np.abs(sound).max()).astype(np.float32)


def prints(*speakers: float) -> list[Print]:
    found = [voice_print(spoken(hz, seed)) for seed, hz in enumerate(speakers)]
    return [one for one in found if one is not None]


def test_two_colours_are_two_speakers() -> None:
    groups = two_speakers(prints(500, 1_500, 500, 1_500, 500, 500), [1_500] * 6)
    assert groups is not None
    assert [group == groups[0] for group in groups] == [True, False, True, False, True, True]


def test_one_colour_is_not_split() -> None:
    assert two_speakers(prints(*[700] * 8), [1_500] * 8) is None


def test_one_odd_utterance_is_no_second_speaker() -> None:
    lengths = [3_000] * 9 + [700]
    assert two_speakers(prints(*[700] * 9, 2_500), lengths) is None


@pytest.mark.parametrize("count", [0, 1, 3, 5])
def test_a_few_utterances_tell_nothing(count: int) -> None:
    assert two_speakers(prints(*[500, 1_500, 500, 1_500, 500][:count]), [1_500] * count) is None


def test_the_level_is_not_part_of_the_print() -> None:
    loud, quiet = (voice_print(spoken(800, 1, level=level)) for level in (0.5, 0.005))
    assert loud is not None
    assert quiet is not None
    assert np.abs(loud - quiet).max() < 0.05


def test_a_moment_has_no_print() -> None:
    assert voice_print(np.ones(1_000, np.float32)) is None
