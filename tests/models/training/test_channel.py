from __future__ import annotations

import random

import numpy as np
import pytest

from models.training.channel import RATE, TelephoneLine, g711, transmit

RNG = np.random.default_rng(1)
TONE = (0.5 * np.sin(2 * np.pi * 1000 * np.arange(RATE) / RATE)).astype(np.float32)


def _power(x: np.ndarray, low: float, high: float) -> float:
    spectrum = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(len(x), 1 / RATE)
    return float(spectrum[(f >= low) & (f < high)].sum())


@pytest.mark.parametrize("law", ["mu", "a"])
def test_g711_keeps_the_signal_37_db_above_its_own_noise(law: str) -> None:
    heard = g711(TONE, law)  # type: ignore[arg-type]
    noise = heard - TONE
    assert 10 * np.log10((TONE**2).mean() / (noise**2).mean()) > 35


@pytest.mark.parametrize("law", ["mu", "a"])
def test_g711_knows_at_most_256_levels(law: str) -> None:
    ramp = np.linspace(-1, 1, 60000, dtype=np.float32)
    assert len(np.unique(g711(ramp, law))) <= 256  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [-30.0, -12.0, -3.0])
def test_the_level_is_what_the_line_says(level: float) -> None:
    line = TelephoneLine(level_db=level, noise="none")
    peak = float(np.abs(transmit(TONE, line, RNG)).max())
    assert 20 * np.log10(peak) == pytest.approx(level, abs=0.6)


def test_the_noise_is_what_the_line_says() -> None:
    quiet = transmit(TONE, TelephoneLine(noise="none"), RNG)
    noisy = transmit(TONE, TelephoneLine(noise="white", noise_db=15), RNG)
    measured = 10 * np.log10((quiet**2).mean() / ((noisy - quiet) ** 2).mean())
    assert measured == pytest.approx(15, abs=1)


def test_the_band_ends_below_the_telephones_edges() -> None:
    white = RNG.standard_normal(4 * RATE).astype(np.float32)
    heard = transmit(white, TelephoneLine(low_hz=300, high_hz=3300, noise="none"), RNG)
    assert _power(heard, 0, 100) < 0.01 * _power(heard, 500, 600)


def test_nothing_comes_out_of_nothing() -> None:
    assert len(transmit(np.zeros(0, np.float32), TelephoneLine(), RNG)) == 0


def test_every_drawn_line_gives_finite_samples_of_the_same_length() -> None:
    r = random.Random(1)
    for _ in range(40):
        heard = transmit(TONE, TelephoneLine.draw(r), RNG, babble=np.tile(TONE, 3))
        assert len(heard) == len(TONE)
        assert np.isfinite(heard).all()
        assert np.abs(heard).max() <= 1
