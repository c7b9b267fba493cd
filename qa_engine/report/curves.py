"""How each voice went along the call, as drawings: pitch, loudness, rate, and where it is tense.

Made from the report's plain values, so that a page of a stored report draws the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

__all__ = ["Curve", "Line", "curves", "told_moods"]

WIDTH = 1_600
"""Drawing units for the whole call."""
ROW = 44
_STEP_MS = 80
_GAP_MS = 400
"""A pitch is not drawn across a longer pause."""

Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Scale:
    """From `low` at the bottom to `high` at the top of a row."""

    low: float
    high: float

    def y(self, value: float) -> float:
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(ROW - 3 - share * (ROW - 6), 1)


_SCALES = {
    "pitch": (_Scale(-8.0, 12.0), 0.0),
    "level": (_Scale(-12.0, 12.0), 0.0),
    "rate": (_Scale(0.4, 1.8), 1.0),
}
"""Semitones, dB and times the own rate, and what is calm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row: `path` in units of WIDTH x ROW; `calm`: the height of what is usual."""

    kind: str
    path: str
    calm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One side's rows, and its tense stretches in percent of the call."""

    voice: Plain
    lines: tuple[Line, ...]
    tense: tuple[Plain, ...]
    """`left`, `width`, `begin_ms`, `end_ms`, `tension`, `raised`."""


def curves(report: Plain) -> list[Curve]:
    """`report`: as its JSON has it; nothing for a call whose sound was not measured."""
    prosody = report.get("prosody") or {}
    whole = max(1, int(report["call"]["duration_ms"]))
    return [
        Curve(
            voice=voice,
            lines=tuple(_lines(voice, whole)),
            tense=tuple(
                {
                    **stretch,
                    "left": round(stretch["begin_ms"] / whole * 100, 3),
                    "width": round((stretch["end_ms"] - stretch["begin_ms"]) / whole * 100, 3),
                }
                for stretch in prosody["tense"]
                if stretch["role"] == voice["role"]
            ),
        )
        for voice in prosody.get("voices", ())
    ]


def told_moods(report: Plain) -> list[Plain]:
    """Each with the words that were said, as the transcript has them."""
    texts = {said["id"]: said["text"] for said in report["utterances"]}
    found = (report.get("prosody") or {}).get("moods", ())
    return [{**mood, "quote": texts.get(mood["utterance"], "")} for mood in found]


def _lines(voice: Plain, whole_ms: int) -> Iterator[Line]:
    passages = voice["passages"]
    points = {
        "pitch": _pitch(passages, voice["pitch_hz"], whole_ms),
        "level": _steps(passages, "level_db"),
        "rate": _steps(passages, "rate"),
    }
    for kind, (scale, calm) in _SCALES.items():
        path = _path(points[kind], scale, whole_ms, _GAP_MS)
        yield Line(kind=kind, path=path, calm=scale.y(calm))


def _pitch(passages: Iterable[Plain], calm_hz: float, whole_ms: int) -> Iterator[tuple[int, float]]:
    """(ms, semitones above calm), not closer than can be seen."""
    apart_ms = max(_STEP_MS, whole_ms // WIDTH)
    last_ms = -apart_ms
    for passage in passages:
        for number, hz in enumerate(passage["curve_hz"]):
            at_ms = passage["begin_ms"] + number * _STEP_MS
            if hz and at_ms - last_ms >= apart_ms:
                last_ms = at_ms
                yield at_ms, 12 * log2(hz / calm_hz)


def _steps(passages: Iterable[Plain], key: str) -> Iterator[tuple[int, float]]:
    for passage in passages:
        if passage[key] is not None:
            yield passage["begin_ms"], passage[key]
            yield passage["end_ms"], passage[key]


def _path(points: Iterable[tuple[int, float]], scale: _Scale, whole_ms: int, gap_ms: int) -> str:
    path: list[str] = []
    last_ms, last_value = None, 0.0
    for at_ms, value in points:
        joined = last_ms is not None and (at_ms - last_ms <= gap_ms or value == last_value)
        x = round(at_ms / whole_ms * WIDTH, 1)
        path.append(f"{'L' if joined else 'M'}{x:g} {scale.y(value):g}")
        last_ms, last_value = at_ms, value
    return "".join(path)
