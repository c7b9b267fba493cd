"""Sounds whose pitch is known: sung by a machine, or told the same by two published methods."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from benchmarks.mono_voices import RATE, telephone
from models.recogniser import Samples

WITHIN = 0.05


RANDOM = np.random.default_rng(3)


def world() -> Any:
    """The vocoder; exits with a sentence where it is not installed."""
    # It asks setuptools for its own version, with a part of it that is gone.
    sys.modules.setdefault("pkg_resources", _Versions("pkg_resources"))
    try:
        import pyworld
    except ImportError:
        sys.exit("no pyworld here; install it for this benchmark: pip install pyworld")
    return pyworld


class _Versions(ModuleType):
    def get_distribution(self, name: str) -> Any:
        return SimpleNamespace(version=metadata.version(name))


def parts(sound: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """WORLD's pitch (10 ms), envelope and aperiodicity; of the same sound only once."""
    key = sound.tobytes()
    if key not in _PARTS:
        _PARTS[key] = _parts(sound)
    return _PARTS[key]


_PARTS: dict[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}


def _parts(sound: Samples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    vocoder, wide = world(), sound.astype(np.float64)
    hz, at = vocoder.harvest(wide, RATE, f0_floor=65, f0_ceil=500, frame_period=10)
    hz = vocoder.stonemask(wide, hz, at, RATE)
    return hz, vocoder.cheaptrick(wide, hz, at, RATE), vocoder.d4c(wide, hz, at, RATE)


def agreed(sound: Samples, hz: np.ndarray) -> np.ndarray:
    """The pitch where both methods find the same; 0 elsewhere."""
    vocoder, wide = world(), sound.astype(np.float64)
    other, at = vocoder.dio(wide, RATE, f0_floor=65, f0_ceil=500, frame_period=10)
    other = vocoder.stonemask(wide, other, at, RATE)
    size = min(len(hz), len(other))
    hz, other = hz[:size], other[:size]
    same = (hz > 0) & (other > 0) & (np.abs(other / np.maximum(hz, 1) - 1) < WITHIN)
    return np.where(same, hz, 0.0)


def narrow(sound: Samples) -> Samples:
    """Without what lies outside a telephone's 300 to 3400 Hz, over its noise."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)
    spectrum[(hz < 300) | (hz > 3_400)] = 0
    clean = np.fft.irfft(spectrum, len(sound))
    return telephone(np.asarray(clean + RANDOM.normal(0, 1e-3, len(clean)), np.float32), "mulaw")


def known_pitch(low_hz: float, high_hz: float, seconds: float = 6.0) -> tuple[Samples, np.ndarray]:
    """Pulses through two formants, in syllables of a gliding pitch; with it each 10 ms."""
    at = np.arange(int(seconds * RATE)) / RATE
    syllable = (at / 0.24).astype(int)
    ends = RANDOM.uniform(low_hz, high_hz, syllable.max() + 2)
    inside = at / 0.24 - syllable
    hz = ends[syllable] + (ends[syllable + 1] - ends[syllable]) * inside
    voiced = (inside > 0.15) & (inside < 0.95)
    phase = np.cumsum(hz / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0) * voiced
    sound = pulses
    for formant, width in ((RANDOM.uniform(350, 700), 90), (RANDOM.uniform(1_100, 1_900), 140)):
        sound = resonance(sound, formant, width)
    sound = sound / np.abs(sound).max() * 0.3 + RANDOM.normal(0, 1e-3, len(sound))
    return np.asarray(sound, np.float32), np.where(voiced, hz, 0.0)[::160]


def resonance(sound: np.ndarray, hz: float, width: float) -> np.ndarray:
    decay = np.exp(-np.pi * width / RATE)
    length = int(RATE * 0.05)
    at = np.arange(length)
    response = decay**at * np.sin(2 * np.pi * hz * (at + 1) / RATE)
    return np.convolve(sound, response)[: len(sound)]


def pitches(people: dict[str, list[Samples]]) -> Iterator[tuple[str, Samples, np.ndarray]]:
    for low, high in ((80, 130), (110, 200), (170, 330), (200, 420)):
        for _ in range(3):
            yield "synthetic, pitch known", *known_pitch(low, high)
    for sounds in people.values():
        for sound in sounds[:10]:
            hz, envelope, breath = parts(sound)
            told = agreed(sound, hz)
            yield "people, two methods agree", sound, told
            again = world().synthesize(hz, envelope, breath, RATE, 10.0).astype(np.float32)
            yield "people by WORLD, pitch known", again, told
