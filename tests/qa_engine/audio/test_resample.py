from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_engine.audio.resample import Resampler

SOUND = np.random.default_rng(0).normal(0, 0.1, (2, 4_000)).astype(np.float32)


def resampled(cuts: list[int], rate: int) -> np.ndarray:
    resampler = Resampler(rate=rate, channels=2)
    parts = [resampler.feed(part) for part in np.split(SOUND, sorted(cuts), axis=1)]
    return np.concatenate([*parts, resampler.close()], axis=1)


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 4_000), max_size=10), rate=st.sampled_from([8_000, 44_100]))
def test_any_chunking_gives_the_same_bits(cuts: list[int], rate: int) -> None:
    assert np.array_equal(resampled(cuts, rate), resampled([], rate))


def test_the_telephones_rate_is_held_back_less_than_2_ms() -> None:
    out = Resampler(rate=8_000, channels=2).feed(SOUND)
    assert 2 * SOUND.shape[1] - out.shape[1] <= 2 * 16


def test_a_telephone_tone_comes_through_and_its_image_does_not() -> None:
    at = np.arange(8_000) / 8_000
    tone = np.sin(2 * np.pi * 3_000 * at).astype(np.float32)[None]
    resampler = Resampler(rate=8_000, channels=1)
    out = np.concatenate([resampler.feed(tone), resampler.close()], axis=1)[0]
    assert len(out) == 16_000
    power = np.abs(np.fft.rfft(out * np.hanning(len(out)))) ** 2
    assert power[4_900:5_100].sum() < 1e-6 * power[2_900:3_100].sum()


def test_16_khz_passes_untouched() -> None:
    assert np.array_equal(resampled([7], 16_000), SOUND)
