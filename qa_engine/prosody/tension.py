"""How tense a voice is, over its own calm: pitch, loudness, rate, and talking over the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from qa_engine.events import Role
from qa_engine.prosody.contour import semitones
from qa_engine.prosody.passages import Passage
from qa_engine.rules.voices import VoiceSpan

__all__ = [
    "TENSE_FROM",
    "Baseline",
    "Raised",
    "Sounding",
    "TenseStretch",
    "baseline",
    "sounding",
    "tense",
]

TENSE_FROM = 0.5
_LEAST_PASSAGES = 4
_LEAST_SPEECH_MS = 8_000
"""With less of somebody's speech nobody knows how they sound when they are calm."""
_CALM = 35
"""The percentile that is calm: also of somebody who is upset for half the call."""
_JOIN_MS = 15_000
_INTERRUPTED_NEAR_MS = 10_000


class Raised(StrEnum):
    """What of a voice is over its own calm."""

    PITCH = "pitch"
    LEVEL = "level"
    RATE = "rate"
    INTERRUPTION = "interruption"


@dataclass(frozen=True, slots=True)
class _Weight:
    """Nothing up to `ordinary`, all of `weight` from `much` on."""

    ordinary: float
    much: float
    weight: float

    def of(self, value: float) -> float:
        share = (value - self.ordinary) / (self.much - self.ordinary)
        return self.weight * min(1.0, max(0.0, share))


_WEIGHTS = {
    Raised.PITCH: _Weight(1.5, 4.5, 0.45),
    Raised.LEVEL: _Weight(2.0, 7.0, 0.35),
    Raised.RATE: _Weight(1.1, 1.5, 0.25),
    Raised.INTERRUPTION: _Weight(0.0, 2.0, 0.3),
}
"""In semitones, dB, times the own rate, and interruptions nearby."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """How somebody sounds when calm, taken from the call itself."""

    pitch_hz: float
    level_dbfs: float
    rate_cpm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounding:
    """A passage beside its speaker's own calm."""

    utterance: int
    begin_ms: int
    end_ms: int
    pitch_st: float
    """Semitones above."""
    curve_hz: tuple[int, ...]
    """The pitch every 80 ms from `begin_ms` on; 0 where there is none."""
    movement_st: float
    """How far the voice goes up and down within the passage."""
    level_db: float
    rate: float | None
    """Times the own rate."""
    interruptions: int
    """How often this speaker began over the other, here or just before."""
    tension: float
    """In [0, 1]."""

    @property
    def raised(self) -> tuple[Raised, ...]:
        """What of it stands out, in a fixed order."""
        return tuple(what for what, value in self._values() if _WEIGHTS[what].of(value) > 0)

    def _values(self) -> Iterable[tuple[Raised, float]]:
        yield Raised.PITCH, self.pitch_st
        yield Raised.LEVEL, self.level_db
        yield Raised.RATE, 1.0 if self.rate is None else self.rate
        yield Raised.INTERRUPTION, float(self.interruptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class TenseStretch:
    """Passages of one person, one after another, that are tense; what they show is the evidence."""

    role: Role
    begin_ms: int
    end_ms: int
    tension: float
    """At its highest."""
    raised: tuple[Raised, ...]
    utterances: tuple[int, ...]


def baseline(own: Sequence[Passage]) -> Baseline | None:
    """None while there is too little speech of this person to tell."""
    if len(own) < _LEAST_PASSAGES:
        return None
    if sum(passage.end_ms - passage.begin_ms for passage in own) < _LEAST_SPEECH_MS:
        return None
    rates = [passage.rate_cpm for passage in own if passage.rate_cpm is not None]
    return Baseline(
        pitch_hz=float(np.percentile([passage.pitch_hz for passage in own], _CALM)),
        level_dbfs=float(np.percentile([passage.level_dbfs for passage in own], _CALM)),
        rate_cpm=float(np.median(rates)) if len(rates) >= _LEAST_PASSAGES else None,
    )


def sounding(passage: Passage, calm: Baseline, interruptions: Iterable[VoiceSpan]) -> Sounding:
    """`interruptions`: where this speaker began over the other one."""
    pitch_st = round(semitones(passage.pitch_hz, calm.pitch_hz), 2)
    level_db = round(passage.level_dbfs - calm.level_dbfs, 1)
    rate = None
    if passage.rate_cpm is not None and calm.rate_cpm:
        rate = round(passage.rate_cpm / calm.rate_cpm, 2)
    near = sum(
        passage.begin_ms - _INTERRUPTED_NEAR_MS <= one.begin_ms < passage.end_ms
        for one in interruptions
    )
    tension = (
        _WEIGHTS[Raised.PITCH].of(pitch_st)
        + _WEIGHTS[Raised.LEVEL].of(level_db)
        + _WEIGHTS[Raised.RATE].of(rate if rate is not None else 1.0)
        + _WEIGHTS[Raised.INTERRUPTION].of(near)
    )
    return Sounding(
        utterance=passage.utterance,
        begin_ms=passage.begin_ms,
        end_ms=passage.end_ms,
        pitch_st=pitch_st,
        curve_hz=passage.curve_hz,
        movement_st=passage.movement_st,
        level_db=level_db,
        rate=rate,
        interruptions=near,
        tension=round(min(1.0, tension), 2),
    )


def tense(role: Role, own: Sequence[Sounding]) -> list[TenseStretch]:
    """The tense stretches among one person's passages, which are in order of time."""
    runs: list[list[Sounding]] = []
    last: Sounding | None = None
    for passage in own:
        if passage.tension >= TENSE_FROM:
            goes_on = last is not None and last.tension >= TENSE_FROM
            if runs and goes_on and passage.begin_ms - runs[-1][-1].end_ms <= _JOIN_MS:
                runs[-1].append(passage)
            else:
                runs.append([passage])
        last = passage
    return [_stretch(role, run) for run in runs]


def _stretch(role: Role, run: Sequence[Sounding]) -> TenseStretch:
    shown = {what for passage in run for what in passage.raised}
    return TenseStretch(
        role=role,
        begin_ms=run[0].begin_ms,
        end_ms=run[-1].end_ms,
        tension=max(passage.tension for passage in run),
        raised=tuple(what for what in Raised if what in shown),
        utterances=tuple(dict.fromkeys(passage.utterance for passage in run)),
    )
