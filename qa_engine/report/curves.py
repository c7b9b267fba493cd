"""How each voice went along the call, as drawings: pitch, loudness, rate, and where it is tense.

Made from the report's plain values, so that a page of a stored report draws the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log2
from typing import Any

__all__ = ["Curve", "CurveRow", "curves", "told_moods"]

WIDTH = 1_600
"""Drawing units for the whole call."""
ROW = 44
_STEP_MS = 80
_GAP_MS = 400
"""A pitch is not drawn across a longer pause."""

Plain = Mapping[str, Any]
CurvePoint = tuple[int, float]
"""A moment in ms, and the value there."""


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
class CurveRow:
    """One row: `path` in units of WIDTH x ROW; `calm`: the height of what is usual."""

    kind: str
    path: str
    calm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One side's rows, and its tense stretches in percent of the call."""

    voice: Plain
    lines: tuple[CurveRow, ...]
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


def _lines(voice: Plain, whole_ms: int) -> Iterator[CurveRow]:
    passages = voice["passages"]
    pieces = {
        "pitch": _pitch(passages, voice["pitch_hz"], whole_ms),
        "level": _steps(passages, "level_db"),
        "rate": _steps(passages, "rate"),
    }
    for kind, (scale, calm) in _SCALES.items():
        path = "".join(_path(piece, scale, whole_ms) for piece in pieces[kind])
        yield CurveRow(kind=kind, path=path, calm=scale.y(calm))


def _pitch(passages: Iterable[Plain], calm_hz: float, whole_ms: int) -> Iterator[list[CurvePoint]]:
    """Semitones above calm, not closer than can be seen; a pause begins a new piece."""
    apart_ms = max(_STEP_MS, whole_ms // WIDTH)
    piece: list[CurvePoint] = []
    for passage in passages:
        for number, hz in enumerate(passage["curve_hz"]):
            at_ms = passage["begin_ms"] + number * _STEP_MS
            if not hz or (piece and at_ms - piece[-1][0] < apart_ms):
                continue
            if piece and at_ms - piece[-1][0] > max(_GAP_MS, 2 * apart_ms):
                yield piece
                piece = []
            piece.append((at_ms, 12 * log2(hz / calm_hz)))
    yield piece


def _steps(passages: Iterable[Plain], key: str) -> Iterator[list[CurvePoint]]:
    for passage in passages:
        if passage[key] is not None:
            yield [(passage["begin_ms"], passage[key]), (passage["end_ms"], passage[key])]


def _path(piece: Iterable[CurvePoint], scale: _Scale, whole_ms: int) -> str:
    places = (
        f"{round(at_ms / whole_ms * WIDTH, 1):g} {scale.y(value):g}" for at_ms, value in piece
    )
    joined = "L".join(places)
    return f"M{joined}" if joined else ""
