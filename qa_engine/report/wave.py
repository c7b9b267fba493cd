"""The stereo waveform as one drawing: agent above, customer below, marks in percent of the call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qa_engine.anatomy import NOBODYS, Stretch
from qa_engine.report.model import Report

if TYPE_CHECKING:
    from qa_engine.audio.peaks import Peaks

MOST_BUCKETS = 1_600
"""More than a screen has pixels, so that it still looks like speech when drawn twice as wide."""

HALF_HEIGHT = 50
"""Drawing units from a channel's middle line to its loudest sample."""

_TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)
_MOST_TICKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something at a time of the call; `left` and `width` in percent of its length."""

    kind: str
    left: float
    width: float
    begin_ms: int
    end_ms: int
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """`paths` are outlines, one a channel, `buckets` wide and 2 * HALF_HEIGHT high."""

    buckets: int
    paths: tuple[str, ...]
    ticks: tuple[tuple[float, int], ...]
    """(percent, ms) of the time axis."""
    quiet: tuple[Mark, ...]
    overlaps: tuple[Mark, ...]
    parts: tuple[Mark, ...] = ()
    """What is neither side's voice; `index` is the lane, -1 for all of them."""


def draw(report: Report, peaks: Peaks | None) -> Wave:
    """Without peaks the outline shows who spoke when, at an even height."""
    duration = max(1, report.call.duration_ms)
    if peaks is None or not peaks.low.shape[1]:
        low, high = _spoken(report, duration)
    else:
        coarse = peaks.coarser(MOST_BUCKETS)
        low, high = coarse.low.astype(float), coarse.high.astype(float)
    return Wave(
        buckets=low.shape[1],
        paths=tuple(_outline(low[row], high[row]) for row in range(len(low))),
        ticks=tuple((round(ms / duration * 100, 3), ms) for ms in _ticks(duration)),
        quiet=tuple(
            mark("hold" if gap.excused else "silence", gap.begin_ms, gap.end_ms, duration)
            for gap in report.conduct.silences
            if gap.end_ms - gap.begin_ms >= 4_000
        ),
        overlaps=tuple(
            mark("overlap", overlap.begin_ms, overlap.end_ms, duration)
            for overlap in report.conduct.overlaps
        ),
        parts=tuple(
            mark(part.kind, part.begin_ms, part.end_ms, duration, _lane(part, len(low)))
            for part in report.anatomy
            if part.kind in NOBODYS
        ),
    )


def _lane(part: Stretch, lanes: int) -> int:
    return -1 if part.channel is None or part.channel >= lanes else part.channel


def mark(kind: str, begin_ms: int, end_ms: int, duration_ms: int, index: int = 0) -> Mark:
    """Place and width in percent of the call, three decimals."""
    duration = max(1, duration_ms)
    return Mark(
        kind=kind,
        left=round(begin_ms / duration * 100, 3),
        width=round(max(0, end_ms - begin_ms) / duration * 100, 3),
        begin_ms=begin_ms,
        end_ms=end_ms,
        index=index,
    )


def _outline(low: np.ndarray, high: np.ndarray) -> str:
    """A closed path over the highs and back under the lows, loudest sample to the edge."""
    loudest = max(1.0, float(np.abs(low).max(initial=0)), float(np.abs(high).max(initial=0)))
    scale = (HALF_HEIGHT - 3) / loudest
    top = np.minimum(HALF_HEIGHT - high * scale, HALF_HEIGHT - 0.6)
    bottom = np.maximum(HALF_HEIGHT - low * scale, HALF_HEIGHT + 0.6)
    there = [f"{x} {y}" for x, y in enumerate(_whole(top))]
    back = [f"{x} {y}" for x, y in enumerate(_whole(bottom))][::-1]
    return f"M{'L'.join(there)}L{'L'.join(back)}Z"


def _whole(heights: np.ndarray) -> list[int]:
    whole: list[int] = np.rint(heights).astype(int).tolist()
    return whole


def _spoken(report: Report, duration_ms: int) -> tuple[np.ndarray, np.ndarray]:
    buckets = min(MOST_BUCKETS, max(1, duration_ms // 100))
    channels = max([u.channel for u in report.utterances], default=0) + 1
    high = np.full((channels, buckets), 2.0)
    for utterance in report.utterances:
        begin = utterance.begin_ms * buckets // duration_ms
        end = max(begin + 1, utterance.end_ms * buckets // duration_ms)
        high[utterance.channel, begin:end] = 60.0
    return -high, high


def _ticks(duration_ms: int) -> Iterator[int]:
    step = next(
        (s * 1000 for s in _TICK_STEPS_S if duration_ms / (s * 1000) <= _MOST_TICKS),
        duration_ms // _MOST_TICKS,
    )
    return iter(range(0, duration_ms, max(1, step)))
