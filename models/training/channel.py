"""A telephone between the voice and the recogniser: 8 kHz, G.711, level, noise, clicks, room.

Everything linear (band limit, tilt, room) is one filter applied in the frequency domain, so a
second of speech costs a few milliseconds. Samples are float32 in -1..1.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
RATE = 8000


def _g711(law: Literal["mu", "a"]) -> Samples:
    """A table: 16-bit sample + 32768 to what comes out of the far end of a G.711 line."""
    x = np.arange(-32768, 32768) / 32768.0
    if law == "mu":
        y = np.sign(x) * np.log1p(255 * np.abs(x)) / np.log(256)
        q = (np.floor((y + 1) * 127.999) + 0.5) / 128 - 1
        out = np.sign(q) * (np.power(256.0, np.abs(q)) - 1) / 255
    else:
        big = np.abs(x) >= 1 / 87.6
        scale = 1 + np.log(87.6)
        safe = np.maximum(np.abs(x), 1e-9)
        y = np.sign(x) * np.where(big, (1 + np.log(87.6 * safe)) / scale, 87.6 * np.abs(x) / scale)
        q = (np.floor((y + 1) * 127.999) + 0.5) / 128 - 1
        low = np.abs(q) * scale
        out = np.sign(q) * np.where(low < 1, low / 87.6, np.exp(low - 1) / 87.6)
    return np.asarray(out, np.float32)


_LINES = {"mu": _g711("mu"), "a": _g711("a")}


def g711(x: Samples, law: Literal["mu", "a"] = "mu") -> Samples:
    """``x`` after one trip through G.711 (8 bits a sample)."""
    codes = np.clip(x * 32767, -32768, 32767).astype(np.int32) + 32768
    heard: Samples = _LINES[law][codes]
    return heard


@dataclass(frozen=True, slots=True, kw_only=True)
class TelephoneLine:
    """One telephone line. Levels in dB relative to full scale, times in seconds."""

    law: Literal["mu", "a"] = "mu"
    level_db: float = -6.0
    noise_db: float = 30.0
    noise: Literal["white", "pink", "hum", "babble", "none"] = "white"
    tilt_db: float = 0.0
    low_hz: float = 250.0
    high_hz: float = 3500.0
    room_s: float = 0.0
    room_mix: float = 0.0
    clicks: int = 0

    @staticmethod
    def draw(r: random.Random) -> TelephoneLine:
        """A line as callers have them; about one in six is clean."""
        clean = r.random() < 0.16
        room = r.random() < 0.35
        return TelephoneLine(
            law="mu" if r.random() < 0.5 else "a",
            level_db=r.uniform(-30, -3) if r.random() < 0.4 else r.uniform(-14, -3),
            noise_db=r.uniform(35, 60) if clean else r.uniform(10, 32),
            noise=r.choice(("white", "white", "pink", "pink", "hum", "babble")),
            tilt_db=r.uniform(-6, 6),
            low_hz=r.uniform(80, 320),
            high_hz=r.uniform(3200, 3900),
            room_s=r.uniform(0.05, 0.35) if room else 0.0,
            room_mix=r.uniform(0.05, 0.35) if room else 0.0,
            clicks=r.randint(1, 4) if r.random() < 0.08 else 0,
        )


def _response(n: int, line: TelephoneLine, rng: np.random.Generator) -> npt.NDArray[np.complex64]:
    """The line's frequency response over ``n`` samples (rfft bins)."""
    f = np.fft.rfftfreq(n, 1 / RATE).astype(np.float32)
    f[0] = 1.0
    response = 1 / np.sqrt(1 + (line.low_hz / f) ** 6) / np.sqrt(1 + (f / line.high_hz) ** 24)
    response *= 10 ** (line.tilt_db / 20 * np.log2(f / 1000) / 2)
    if line.room_s <= 0:
        return np.asarray(response, np.complex64)
    k = int(line.room_s * RATE)
    tail = rng.standard_normal(k).astype(np.float32) * np.exp(-6 * np.arange(k) / k)
    tail[: k // 20] = 0
    tail *= line.room_mix / (np.sqrt((tail**2).sum()) + 1e-9)
    tail[0] = 1.0
    shaped: npt.NDArray[np.complex64] = (response * np.fft.rfft(tail, n)).astype(np.complex64)
    return shaped


def _noise(
    n: int, line: TelephoneLine, rng: np.random.Generator, babble: Samples | None
) -> Samples:
    if line.noise == "babble" and babble is not None and len(babble) > n:
        at = rng.integers(0, len(babble) - n, 3)
        mixed: Samples = babble[at[0] : at[0] + n] + babble[at[1] : at[1] + n]
        return mixed + babble[at[2] : at[2] + n]
    x = rng.standard_normal(n, dtype=np.float32)
    if line.noise == "white":
        return x
    if line.noise == "hum":
        t = np.arange(n, dtype=np.float32) / RATE
        base = float(rng.choice([50.0, 60.0, 100.0]))
        waves = sum(np.sin(2 * np.pi * base * k * t) / k for k in (1, 2, 3, 5))
        return (waves + 0.3 * x).astype(np.float32)
    spectrum = np.fft.rfft(x)
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return np.fft.irfft(spectrum, n).astype(np.float32)


def transmit(
    x: Samples, line: TelephoneLine, rng: np.random.Generator, babble: Samples | None = None
) -> Samples:
    """``x`` (8 kHz) as it arrives at the far end of ``line``; same length."""
    n = len(x)
    if n == 0:
        return x
    size = 1 << (n + int(line.room_s * RATE)).bit_length()
    for three in (size // 4 * 3,):
        if three >= n + int(line.room_s * RATE):
            size = three
    y = np.fft.irfft(np.fft.rfft(x, size) * _response(size, line, rng), size)[:n]
    y = y.astype(np.float32)
    y *= 10 ** (line.level_db / 20) / (float(np.abs(y).max()) + 1e-9)
    if line.noise != "none":
        noise = _noise(n, line, rng, babble)
        # The speech level is taken over its loud half: pauses must not make the noise louder.
        power = np.sort((y[: n // 160 * 160].reshape(-1, 160) ** 2).mean(1)) if n >= 320 else y**2
        speech = float(power[len(power) // 2 :].mean())
        wanted = np.sqrt(speech / 10 ** (line.noise_db / 10))
        y += noise * np.float32(wanted / (float(noise.std()) + 1e-9))
    for _ in range(line.clicks):
        y[rng.integers(0, n)] += rng.uniform(-0.8, 0.8)
    return g711(np.asarray(y, np.float32), line.law)
