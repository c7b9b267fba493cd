"""Recordings that a telephone system plays, learned from calls: what sounds the same in several.

A person never says a sentence twice with the same sound; a recording plays it so in every call.
Each call is compared with a few others; what it shares with one of them is a candidate, and those
that are heard in enough calls are kept. Tones and music are left out: they are known as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.recogniser import Samples
from models.voice_activity import FRAME_MS, FRAME_SAMPLES
from qa_engine.line.known_voices import RecordedPrint, print_of
from qa_engine.line.recordings import found_in, likeliest_lags
from qa_engine.line.repeats import LEAST_FRAMES, Bits, alike, joined
from qa_engine.line.sounds import sounds_of
from qa_engine.line.spectra import Spectra

__all__ = ["LEAST_CALLS", "SoundOfCall", "learned", "sound_of_call"]

LEAST_CALLS = 3
"""What only two calls share may be one call that was recorded twice."""
_COMPARED_WITH = 10
_LAGS = 4
_LISTENED_S = 120
"""So much of a call's beginning, where menus and notices stand …"""
_AT_THE_END_S = 40
"""… and so much of its end, where surveys do."""
_LONGEST = 625
"""20 s: a longer recording is known by its beginning."""
_SAME = 0.35
_SAME_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SoundOfCall:
    """What is compared of one call: the bits of each channel, its beginning and its end."""

    name: str
    parts: tuple[tuple[int, Bits], ...]
    """(first frame in the call, bits)."""


def sound_of_call(name: str, blocks: Iterable[Samples]) -> SoundOfCall:
    """`blocks`: a call's sound, float32 [channels, n] at 16 kHz."""
    spectra: list[Spectra] = []
    rest: Samples | None = None
    for block in blocks:
        joined_block = block if rest is None else np.concatenate([rest, block], axis=1)
        whole = joined_block.shape[1] // FRAME_SAMPLES * FRAME_SAMPLES
        spectra = spectra or [Spectra() for _ in block]
        for one, samples in zip(spectra, joined_block[:, :whole], strict=True):
            one.feed(samples.reshape(-1, FRAME_SAMPLES))
        rest = joined_block[:, whole:]
    parts: list[tuple[int, Bits]] = []
    for one in spectra:
        rows = one.rows()
        bits = one.bits(len(rows)).copy()
        for sound in sounds_of(rows, 0):
            bits[sound.begin_ms // FRAME_MS : sound.end_ms // FRAME_MS] = 0
        first = min(len(bits), _LISTENED_S * 1000 // FRAME_MS)
        last = max(first, len(bits) - _AT_THE_END_S * 1000 // FRAME_MS)
        parts += [(0, bits[:first]), (last, bits[last:])]
    return SoundOfCall(name, tuple((at, bits) for at, bits in parts if bits.any()))


def learned(
    calls: Sequence[SoundOfCall],
    known: Sequence[RecordedPrint] = (),
    *,
    least: int = LEAST_CALLS,
) -> list[RecordedPrint]:
    """`known` with their calls counted anew, and what is new in `calls`, most heard first.

    The same calls in the same order come to the same; those of `known` that somebody refused stay
    so, and are not found again.
    """
    found = list(known)
    for number, call in enumerate(calls):
        others = [calls[(number + step) % len(calls)] for step in range(1, _COMPARED_WITH + 1)]
        for at, bits in call.parts:
            left = _without(bits, found)
            for first, last in _shared(left, [o for o in others if o is not call]):
                example = f"{call.name} {_clock((at + first) * FRAME_MS)}"
                found.append(print_of(bits[first : min(last, first + _LONGEST)], 0, example))
                left[first:last] = 0
    counted = [replace(one, calls=_count(one, calls)) for one in found]
    old = {one.id for one in known}
    kept = [one for one in counted if one.id in old or one.calls >= least]
    return sorted(kept, key=lambda one: (-one.calls, one.id))


def _without(bits: Bits, known: Sequence[RecordedPrint]) -> Bits:
    """Silent where a recording plays that is known already."""
    left = bits.copy()
    for one in known:
        for first, last in found_in(bits, one.bits):
            left[first:last] = 0
    return left


def _shared(bits: Bits, others: Sequence[SoundOfCall]) -> Iterator[tuple[int, int]]:
    """What `bits` has in common with another call, the longest first where they overlap."""
    spans: list[tuple[int, int]] = []
    for other in others:
        for _, theirs in other.parts:
            for lag in likeliest_lags(bits, theirs, _LAGS):
                first, last = max(0, lag), min(len(bits), lag + len(theirs))
                if last - first >= LEAST_FRAMES:
                    same = alike(bits[first:last], theirs[first - lag : last - lag], _SAME)
                    spans += [(first + begin, first + end) for begin, end in same]
    taken = np.zeros(len(bits), bool)
    for first, last in sorted(joined(spans), key=lambda span: (span[0] - span[1], span)):
        if not taken[first:last].any():
            taken[first:last] = True
            yield first, last


def _count(one: RecordedPrint, calls: Sequence[SoundOfCall]) -> int:
    least = min(len(one.bits), max(LEAST_FRAMES, int(_SAME_SHARE * len(one.bits))))
    return sum(
        any(
            last - first >= least * 0.8
            for _, bits in call.parts
            for first, last in found_in(bits, one.bits)
        )
        for call in calls
    )


def _clock(ms: int) -> str:
    return f"{ms // 60_000:02d}:{ms // 1000 % 60:02d}"
