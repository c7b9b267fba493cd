from __future__ import annotations

import numpy as np
import pytest

from qa_engine.prosody.listen import contour_of
from qa_engine.prosody.pitch import HOP_MS, pitch_of
from tests.qa_engine.prosody.voices import SYLLABLE_S, spoken


@pytest.mark.parametrize("middle_hz", [85, 140, 220, 340])
def test_the_pitch_is_found_though_the_telephone_cuts_the_fundamental_off(middle_hz: float) -> None:
    told = [middle_hz * 2 ** (step / 12) for step in (0, 3, -2, 4, -3, 2, 0, -4, 1, 3)]
    found, _ = pitch_of(spoken(told))
    each = int(SYLLABLE_S * 1000) / HOP_MS
    right = wrong = 0
    for number, hz in enumerate(found):
        if hz:
            near = abs(hz / told[min(int((number + 0.5) / each), len(told) - 1)] - 1) <= 0.05
            right, wrong = right + near, wrong + (not near)
    assert right > 0.7 * len(found)
    assert right / (right + wrong) >= 0.9


@pytest.mark.parametrize("level", [0.0, 1e-4, 0.1])
def test_noise_and_silence_have_no_pitch(level: float) -> None:
    noise = np.random.default_rng(1).normal(0, level, 32_000).astype(np.float32)
    found, _ = pitch_of(noise)
    assert (found > 0).mean() < 0.05


@pytest.mark.parametrize("samples", [0, 1, 319, 320, 5_000])
def test_any_length_of_sound_has_one_pitch_for_each_hop(samples: int) -> None:
    found, power = pitch_of(np.zeros(samples, np.float32))
    assert len(found) == len(power) == samples // 320


def test_a_contour_tells_level_and_the_noise_around_the_speech() -> None:
    noise = np.random.default_rng(2).normal(0, 1e-3, 16_000).astype(np.float32)
    loud = spoken([200.0] * 8, level=0.2)
    sound = np.concatenate([noise, loud, noise])
    contour = contour_of(sound, begin_ms=1_000, end_ms=3_000)
    assert contour.noise_dbfs is not None
    assert -63 < contour.noise_dbfs < -57
    voiced = [hz for hz in contour.pitch_hz if hz]
    assert len(voiced) > 15
    assert all(190 < hz < 210 for hz in voiced)
    assert max(contour.level_dbfs) > -30


def test_a_line_without_a_pause_tells_no_noise() -> None:
    assert contour_of(spoken([200.0] * 8), begin_ms=0, end_ms=2_000).noise_dbfs is None
