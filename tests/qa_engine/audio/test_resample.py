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


def test_16_khz_passes_untouched() -> None:
    assert np.array_equal(resampled([7], 16_000), SOUND)
