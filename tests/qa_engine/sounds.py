"""Sounds that are not the Mandarin nano_zh knows, and people's voices where a machine has some."""

from __future__ import annotations

import shutil
import subprocess
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import soxr

from models.recogniser import Samples

ALSA = Path("/usr/share/sounds/alsa")
"""Recordings of a woman saying `front left` and so on, in alsa-utils."""
SENTENCES = {
    "de": "Guten Tag, wie kann ich Ihnen helfen? Das weiss ich leider nicht.",
    "en": "Thank you for calling, how may I help you today? I do not know anything about that.",
    "es": "Buenos dias, en que puedo ayudarle? No lo se, llame usted mas tarde.",
    "fr": "Bonjour, comment puis-je vous aider aujourd'hui? Ce n'est pas mon travail.",
    "it": "Buongiorno, come posso aiutarla? Non lo so, non è il mio lavoro.",
    "ko": "안녕하세요 무엇을 도와드릴까요 저는 모릅니다",
    "nl": "Goedemorgen, waarmee kan ik u helpen? Dat weet ik niet.",
    "ru": "Здравствуйте, чем я могу вам помочь? Я не знаю, это не моя работа.",
    "sw": "Habari za asubuhi, naweza kukusaidia vipi? Sijui, hiyo si kazi yangu.",
    "vi": "Xin chào, tôi có thể giúp gì cho bạn? Tôi không biết.",
}
SECONDS = 10
_T = np.arange(16_000 * SECONDS) / 16_000


def telephone(sound: Samples, rate: int) -> Samples:
    """16 kHz samples with nothing above 4 kHz, at a usual level."""
    narrow = soxr.resample(soxr.resample(sound, rate, 8_000), 8_000, 16_000)
    return np.asarray(0.3 * narrow / (np.abs(narrow).max() + 1e-9), np.float32)


def noise(level: float) -> Samples:
    return np.random.default_rng(0).normal(0, level, len(_T)).astype(np.float32)


def tone(*hz: float, on_s: float = 1.0, every_s: float = 1.0) -> Samples:
    gate = (_T % every_s) < on_s
    return np.asarray(sum(0.2 * np.sin(2 * np.pi * f * _T) for f in hz) * gate, np.float32)


def melody() -> Samples:
    """Plucked notes, four a second: music on hold."""
    sound = np.zeros(len(_T))
    t = np.arange(8_000) / 16_000
    for number in range(len(_T) // 4_000 - 2):
        hz = (261.6, 329.6, 392.0, 523.2, 440.0, 349.2)[number * 5 % 6]
        note = sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3)) * np.exp(-4 * t)
        sound[number * 4_000 : number * 4_000 + 8_000] += note
    return np.asarray(0.15 * sound, np.float32)


def spoken(language: str, variant: str = "") -> Samples | None:
    """A sentence in a foreign language, or None where espeak-ng is missing."""
    if not shutil.which("espeak-ng"):
        return None
    command = ["espeak-ng", "-v", language + variant, "--stdout", SENTENCES[language]]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    with wave.open(BytesIO(data)) as file:
        rate = file.getframerate()
    samples = np.frombuffer(data[44 : len(data) // 2 * 2], np.int16).astype(
        np.float32
    ) / np.float32(32768)
    return telephone(samples, rate)


def people() -> list[Samples]:
    """Real voices, where alsa-utils has put them."""
    voices = []
    for path in sorted(ALSA.glob("*_*.wav")):
        with wave.open(str(path)) as file:
            data = np.frombuffer(file.readframes(file.getnframes()), np.int16)
            voices.append(
                telephone(data.astype(np.float32) / np.float32(32768), file.getframerate())
            )
    return voices
