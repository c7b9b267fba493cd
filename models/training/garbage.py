"""Sound that is not the Mandarin the model knows: noise, tones, music, other languages, ...

The model learns to answer these with ``<|nospeech|>`` and an immediate end, so that its
``no_speech_prob`` separates what it knows from what it does not.
"""

from __future__ import annotations

import random

import numpy as np
import soxr

from models.training import espeak, grammar, voices
from models.training.channel import RATE, Samples

HELD_OUT_LANGUAGES = ("it", "ko", "nl")
ACCENTS = tuple(
    "fi hu cs ro id sw eo la lt lv hr sk da nb ca eu af sq cy et sl bs az ms is ga mt gn".split()
)
"""Languages in Latin script that read the words of the others: more kinds of not Mandarin."""
_LATIN = {"en-us", "fr", "de", "es", "pt", "pl", "tr", "sv"}


def _languages() -> dict[str, list[str]]:
    pairs = (line.split(":", 1) for line in grammar.lines("foreign"))
    return {name: words.split() for name, words in pairs}


def foreign(r: random.Random, *, held_out: bool = False) -> Samples:
    """2-10 words of another language at 8 kHz."""
    table = _languages()
    names = [n for n in table if (n in HELD_OUT_LANGUAGES) == held_out]
    language = r.choice(names)
    text = " ".join(r.choices(table[language], k=r.randint(2, 10)))
    if not held_out and language in _LATIN and r.random() < 0.6:
        language = r.choice(ACCENTS)
    pool = voices.HELD_OUT_VOICES if held_out else voices.training_voices()
    said = espeak.engine().say(
        text, voices.full_name(r.choice(pool), language), voices.draw_manner(r)
    )
    return _to_line(said.samples, said.rate * voices.draw_tract(r))


def _to_line(x: Samples, rate: float) -> Samples:
    return np.asarray(soxr.resample(x, rate, RATE, quality="MQ"), np.float32)


def tones(n: int, r: random.Random) -> Samples:
    """Ring-back, busy, keypad or a sweep."""
    t = np.arange(n, dtype=np.float32) / RATE
    kind = r.randrange(4)
    if kind == 0:
        x = np.sin(2 * np.pi * 450 * t) * ((t % r.choice((0.7, 1.0, 5.0))) < r.choice((0.35, 1.0)))
    elif kind == 1:
        low, high = r.choice((697, 770, 852, 941)), r.choice((1209, 1336, 1477))
        x = (np.sin(2 * np.pi * low * t) + np.sin(2 * np.pi * high * t)) * ((t % 0.3) < 0.15)
    elif kind == 2:
        x = np.sin(2 * np.pi * r.uniform(80, 3000) * t)
    else:
        x = np.sin(2 * np.pi * (r.uniform(100, 900) + r.uniform(-100, 400) * t) * t)
    return x.astype(np.float32)


def music(n: int, r: random.Random) -> Samples:
    """Plucked notes of a scale over chords: hold music."""
    x = np.zeros(n, np.float32)
    beat = int(RATE * r.uniform(0.15, 0.5))
    root = r.uniform(110, 330)
    scale = r.choice(((0, 2, 4, 7, 9), (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)))
    shape = r.choice((1, 2, 4))
    for at in range(0, n, beat):
        for _ in range(r.choice((1, 1, 2, 3))):
            length = min(n - at, beat * r.randint(1, 4))
            t = np.arange(length, dtype=np.float32) / RATE
            f = root * 2 ** ((r.choice(scale) + 12 * r.randint(0, 1)) / 12)
            note = sum(np.sin(2 * np.pi * f * k * t) / k**1.5 for k in range(1, 2 + shape))
            x[at : at + length] += (note * np.exp(-t * r.uniform(1, 8))).astype(np.float32)
    return x


def noise(n: int, r: random.Random, rng: np.random.Generator) -> Samples:
    """White to brown noise, steady or in bursts."""
    spectrum = np.fft.rfft(rng.standard_normal(n, dtype=np.float32))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1) ** r.uniform(0, 1.2)
    x = np.fft.irfft(spectrum, n).astype(np.float32)
    if r.random() < 0.4:
        t = np.arange(n, dtype=np.float32) / RATE
        x *= np.sin(2 * np.pi * r.uniform(0.3, 4) * t + r.uniform(0, 6)) > r.uniform(-0.5, 0.7)
    return np.asarray(x / (np.abs(x).max() + 1e-9), np.float32)


def draw(
    r: random.Random, rng: np.random.Generator, speech: Samples, *, held_out: bool = False
) -> Samples:
    """One stretch of 8 kHz garbage, 0.4-10 s. ``speech`` is any 8 kHz speech, to be spoilt."""
    kind = r.random()
    n = int(RATE * r.uniform(0.4, 9))
    if kind < 0.5:
        return foreign(r, held_out=held_out)[: 10 * RATE]
    if kind < 0.62:
        return noise(n, r, rng)
    if kind < 0.70:
        return tones(n, r)
    if kind < 0.80:
        return music(n, r)
    if kind < 0.82:
        return np.zeros(n, np.float32)
    if kind < 0.90 or len(speech) < RATE:
        return np.ascontiguousarray(speech[::-1])[: 10 * RATE]
    babble = np.zeros(min(len(speech), 8 * RATE), np.float32)
    for _ in range(r.randint(5, 8)):
        babble += np.roll(speech, r.randrange(len(speech)))[: len(babble)]
    return babble
