"""Where tones and music stand in one channel, from its spectra."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.voice_activity import FRAME_MS
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.line.spectra import Floats

__all__ = ["sounds_of"]

_QUIET_DB = -60.0
_PURE = 0.93
_TONE_FRAMES = 7
"""A shorter pure sound is a syllable; with the window's own length this is 300 ms of a tone."""
_TONE_HZ = (330, 660)
"""Ring-back, busy and congestion tones of every network lie in here."""
_OTHER_NOTE = 3
_NOTES_FRAMES = 94
"""Another pitch this near: these are notes of a tune, not signals."""
_DTMF_FRAMES = 2
_DTMF_LOW = (697, 770, 852, 941)
_DTMF_HIGH = (1_209, 1_336, 1_477, 1_633)
_BIN_HZ = 7.8125
_CENTRE_FRAMES = 2
"""A row tells of 128 ms: their middle is two frames before its end."""

_MUSIC_FRAMES = 62
"""2 s: notes last, syllables do not."""
_HALF_HOP = 8
_MUSICAL = 0.34
_DIP_DB = 12.0
_DIP_WEIGHT = 0.4
"""Speech pauses between syllables and words; music hardly does."""
_LEAST_MUSIC = 78
_JOIN_MUSIC = 62


def sounds_of(rows: Floats, channel: int, *, begin: int = 0) -> Iterator[Stretch]:
    """RING and MUSIC stretches in order of kind; `begin`: the number of the first row's frame."""
    tones = _tones(rows)
    for first, last in _runs(tones):
        yield _stretch(StretchKind.RING, channel, begin + first, begin + last)
    for first, last in _joined(_runs(_music(rows, tones)), _JOIN_MUSIC):
        if last - first >= _LEAST_MUSIC:
            yield _stretch(StretchKind.MUSIC, channel, begin + first, begin + last)


def _stretch(kind: StretchKind, channel: int, first: int, last: int) -> Stretch:
    return Stretch(
        kind=kind,
        channel=channel,
        begin_ms=max(0, first - _CENTRE_FRAMES) * FRAME_MS,
        end_ms=max(0, last - _CENTRE_FRAMES) * FRAME_MS,
    )


def _tones(rows: Floats) -> NDArray[np.bool_]:
    level, purity, pitch, second = rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3]
    pure = (level > _QUIET_DB) & (purity > _PURE)
    found = np.zeros(len(rows), bool)
    signals = pure & _between(pitch, *_TONE_HZ)
    held = np.zeros(len(rows), bool)
    held[1:] = signals[1:] & signals[:-1] & _same_tone(pitch, second)
    notes = [
        (first - 1, last, float(np.median(pitch[first:last])))
        for first, last in _runs(held)
        if last - first >= _TONE_FRAMES - 1 and _is_one_note(pitch[first:last])
    ]
    for number, (first, last, note) in enumerate(notes):
        near = notes[max(0, number - 4) : number + 5]
        if not any(
            abs(other - note) > _OTHER_NOTE
            and begin - last < _NOTES_FRAMES
            and first - end < _NOTES_FRAMES
            for begin, end, other in near
        ):
            found[first:last] = True
    dtmf = pure & _is_dtmf(np.minimum(pitch, second), np.maximum(pitch, second))
    for first, last in _runs(dtmf):
        if last - first >= _DTMF_FRAMES:
            found[first:last] = True
    return found


def _same_tone(pitch: Floats, second: Floats) -> NDArray[np.bool_]:
    """Each row's strongest peak is one of the two of the row before."""
    now, before, other = pitch[1:], pitch[:-1], second[:-1]
    return np.asarray((np.abs(now - before) <= 1) | (np.abs(now - other) <= 1))


def _between(bins: Floats, low_hz: float, high_hz: float) -> NDArray[np.bool_]:
    return np.asarray((bins * _BIN_HZ >= low_hz) & (bins * _BIN_HZ <= high_hz))


def _is_one_note(pitch: Floats) -> bool:
    """At most two pitches, each held: a pair of tones beats, a voice glides."""
    low, high = pitch.min(), pitch.max()
    return bool(((pitch - low <= 1) | (high - pitch <= 1)).all())


def _is_dtmf(low: Floats, high: Floats) -> NDArray[np.bool_]:
    return _near_one(low, _DTMF_LOW) & _near_one(high, _DTMF_HIGH)


def _near_one(bins: Floats, wanted_hz: Sequence[int]) -> NDArray[np.bool_]:
    apart = np.abs(bins[:, None] * _BIN_HZ - np.array(wanted_hz, np.float32))
    return np.asarray((apart <= _BIN_HZ * 2).any(axis=1))


def _music(rows: Floats, tones: NDArray[np.bool_]) -> NDArray[np.bool_]:
    found = np.zeros(len(rows), bool)
    if len(rows) < _MUSIC_FRAMES:
        return found
    level, steadiness, toned = (
        sliding_window_view(column, _MUSIC_FRAMES)[:: 2 * _HALF_HOP]
        for column in (rows[:, 0], rows[:, 4], tones)
    )
    loudest = level.max(axis=1, keepdims=True)
    sounding = level > np.maximum(loudest - 30, _QUIET_DB - 10)
    dips = (level < loudest - _DIP_DB).mean(axis=1)
    steady = (steadiness * sounding).sum(axis=1) / np.maximum(sounding.sum(axis=1), 1)
    musical = (
        (loudest[:, 0] >= _QUIET_DB + 10)
        & (toned.mean(axis=1) <= 0.4)
        & (sounding.mean(axis=1) >= 0.6)
        & (steady - _DIP_WEIGHT * dips > _MUSICAL)
    )
    for window in np.flatnonzero(musical):
        middle = int(window) * 2 * _HALF_HOP + _MUSIC_FRAMES // 2
        found[middle - _HALF_HOP : middle + _HALF_HOP] = True
    if found.any():
        # The first and last second have no window around them; they are as their neighbours.
        edge = _MUSIC_FRAMES // 2
        if found[edge - _HALF_HOP : edge + _HALF_HOP].all():
            found[:edge] = True
        if found[-edge - 2 * _HALF_HOP : -edge].any():
            found[-edge:] = True
    return found


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """(first, one past the last) of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return ((int(a), int(b)) for a, b in edges.reshape(-1, 2))


def _joined(runs: Iterator[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, last in runs:
        if joined and first - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined
