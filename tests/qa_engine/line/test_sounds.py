"""Tones and music are told from speech by sound alone."""

from __future__ import annotations

import numpy as np
import pytest

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.line.sounds import sounds_of
from qa_engine.line.spectra import Spectra

NOISE = np.random.default_rng(0)


def heard(sound: Samples, chunk: int = 10_000) -> list[Stretch]:
    spectra = Spectra()
    frames = sound[: len(sound) // 512 * 512].reshape(-1, 512)
    for at in range(0, len(frames), chunk):
        spectra.feed(frames[at : at + chunk])
    return list(sounds_of(spectra.rows(), 0))


def tones(
    *hz: float, on_s: float, off_s: float, seconds: float = 20, level: float = 0.1
) -> Samples:
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    wave = sum(np.sin(2 * np.pi * f * t) for f in hz) * level / len(hz)
    wave = wave * (t % (on_s + off_s) < on_s) + NOISE.standard_normal(len(t)) * 3e-4
    return np.asarray(wave, np.float32)


def tune(seconds: float = 12) -> Samples:
    """A melody with a bass, such as a queue plays."""
    found = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
    for number, at in enumerate(np.arange(0, seconds - 0.8, 0.35)):
        t = np.arange(int(0.8 * SAMPLE_RATE)) / SAMPLE_RATE
        hz = 262 * 2 ** ((0, 4, 7, 12, 9, 5)[number * 5 % 6] / 12)
        note = sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3)) * np.exp(-3 * t)
        found[int(at * SAMPLE_RATE) :][: len(t)] += 0.1 * note.astype(np.float32)
    return found


def glide(seconds: float = 12) -> Samples:
    """Syllables whose pitch moves, with pauses: what a voice does and a tune does not."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    hz = 180 + 60 * np.sin(2 * np.pi * 1.7 * t) + 25 * np.sin(2 * np.pi * 4.1 * t)
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 12))
    return np.asarray(0.1 * voice * (t % 0.3 < 0.2) * (t % 3 < 2.2), np.float32)


@pytest.mark.parametrize(
    ("hz", "on_s", "off_s"),
    [
        pytest.param((450,), 1, 4, id="ring-back, China"),
        pytest.param((440, 480), 2, 4, id="ring-back, America"),
        pytest.param((400, 450), 0.4, 0.2, id="ring-back, Britain"),
        pytest.param((450,), 0.35, 0.35, id="busy"),
        pytest.param((450,), 0.7, 0.7, id="congestion"),
        pytest.param((770, 1336), 0.1, 0.1, id="keys"),
    ],
)
@pytest.mark.parametrize("level", [0.3, 0.01])
def test_tones_of_the_network_are_found(
    hz: tuple[float, ...], on_s: float, off_s: float, level: float
) -> None:
    found = heard(tones(*hz, on_s=on_s, off_s=off_s, level=level))
    assert {stretch.kind for stretch in found} == {StretchKind.RING}
    total = sum(stretch.end_ms - stretch.begin_ms for stretch in found)
    assert total == pytest.approx(20_000 * on_s / (on_s + off_s), rel=0.35)


def test_a_tune_is_music_from_its_first_second_to_its_last() -> None:
    quiet = np.zeros(3 * SAMPLE_RATE, np.float32)
    found = heard(np.concatenate([quiet, tune(), quiet]))
    assert [stretch.kind for stretch in found] == [StretchKind.MUSIC]
    assert found[0].begin_ms == pytest.approx(3_000, abs=1_200)
    assert found[0].end_ms == pytest.approx(15_000, abs=1_200)


def test_a_voice_is_neither() -> None:
    assert heard(glide()) == []


def test_noise_is_neither() -> None:
    assert heard((NOISE.standard_normal(10 * SAMPLE_RATE) * 0.05).astype(np.float32)) == []


@pytest.mark.parametrize("chunk", [1, 7, 31])
def test_chunking_changes_nothing(chunk: int) -> None:
    sound = np.concatenate([tones(450, on_s=1, off_s=4, seconds=6), tune(6)])
    assert heard(sound, chunk) == heard(sound)
