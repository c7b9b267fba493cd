"""A voice whose pitch, loudness and rate are told, syllable by syllable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples, Word
from qa_engine.events import Role, Utterance
from qa_engine.prosody.contour import STEP_MS, Contour

SYLLABLE_S = 0.25


def spoken(pitches_hz: list[float], level: float = 0.2) -> Samples:
    """One syllable of each pitch, without what a telephone cuts off below 300 Hz."""
    length = int(SYLLABLE_S * SAMPLE_RATE)
    hz = np.repeat(pitches_hz, length)
    sounding = np.arange(len(hz)) % length < length * 0.85
    phase = 2 * np.pi * np.cumsum(hz / SAMPLE_RATE)
    sound = np.zeros(len(hz))
    for number in range(1, 40):
        harmonic = number * hz
        heard = (harmonic > 300) & (harmonic < 3_400)
        formant = 1 / (1 + ((harmonic - 600) / 300) ** 2) + 0.1
        sound += np.where(heard, formant, 0.0) * np.cos(number * phase)
    sound *= sounding
    sound = sound / np.abs(sound).max() * level
    return np.asarray(sound + np.random.default_rng(0).normal(0, 1e-3, len(sound)), np.float32)


def said(
    number: int,
    *,
    role: Role = Role.AGENT,
    begin_s: float | None = None,
    pitch_hz: float = 200.0,
    moves_st: float = 4.0,
    level_dbfs: int = -24,
    cpm: float = 240.0,
    text: str = "这个问题我先帮您查询一下",
) -> Utterance:
    """An utterance as a session tells it, four seconds after the one before."""
    begin = round((number * 4.0 if begin_s is None else begin_s) * 1000)
    each = 60_000 / cpm
    end = begin + round(each * len(text))
    points = max(1, (end - begin) // STEP_MS)
    swing = np.linspace(0, 6 * np.pi, points)
    hz = tuple(round(pitch_hz * 2 ** (moves_st / 2 * float(np.sin(x)) / 12)) for x in swing)
    return Utterance(
        id=number,
        role=role,
        channel=0 if role is Role.AGENT else 1,
        begin_ms=begin,
        end_ms=end,
        text=text,
        words=tuple(
            Word(
                text=char,
                begin_ms=round(begin + each * n),
                end_ms=round(begin + each * (n + 1)),
                confidence=0.9,
            )
            for n, char in enumerate(text)
        ),
        contour=Contour(pitch_hz=hz, level_dbfs=(level_dbfs,) * points, noise_dbfs=-60.0),
    )


def upset(number: int, **keys: object) -> Utterance:
    """Five semitones higher and 7 dB louder."""
    return replace(said(number, **({"pitch_hz": 267.0, "level_dbfs": -17} | keys)))  # type: ignore[arg-type]
