from __future__ import annotations

import numpy as np
import pytest

from models.mel import log_mel


@pytest.mark.parametrize("samples", [200, 3_200, 12_345, 48_000])
@pytest.mark.parametrize("bands", [80, 128])
def test_features_equal_those_of_faster_whisper(samples: int, bands: int) -> None:
    from faster_whisper.feature_extractor import FeatureExtractor

    sound = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    theirs = FeatureExtractor(feature_size=bands)(sound)[:, :-1]
    np.testing.assert_allclose(log_mel(sound, bands=bands), theirs, atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 100])
def test_less_than_a_frame_is_one_frame(samples: int) -> None:
    assert log_mel(np.zeros(samples, np.float32), bands=80).shape == (80, 1)


def test_digital_silence_is_finite() -> None:
    assert np.isfinite(log_mel(np.zeros(16_000, np.float32), bands=80)).all()
