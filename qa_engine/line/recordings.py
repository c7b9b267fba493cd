"""Recordings that a site knows, found in a call: the same bits over two seconds and a half.

Looked for in pieces of four seconds as they are complete, so that what is found by a moment does
not depend on how the sound came; the piece before is seen again as far as a recording reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qa_engine.line.known_voices import RecordedPrint
from qa_engine.line.repeats import LEAST_FRAMES, Bits, alike, joined

__all__ = ["RecordingSearch", "found_in"]

BLOCK = 125
"""Frames of a piece: 4 s."""
_SAME = 0.3
"""Mean product of the bits. Over μ-law the same recording comes to .6 and more, through MP3 of
8 kbit/s to .35; what people say stays below .2 (`benchmarks/known_voices.py`)."""
_GOES_ON = 94
"""Three seconds that a noise spoils: a recording that goes on behind them has played on."""
_LAGS = 2
"""A piece holds the end of one playing and the beginning of the next."""


class RecordingSearch:
    """Of one channel. Spans are (first frame, one past the last), in order."""

    def __init__(self, recordings: Sequence[RecordedPrint]) -> None:
        self._recordings = [one.bits for one in recordings]
        self._spans: list[tuple[int, int]] = []
        self._done = 0

    def spans(self, bits: Bits, *, ended: bool = False) -> Sequence[tuple[int, int]]:
        """In the bits of all that was heard; `ended`: nothing follows."""
        if not self._recordings:
            return ()
        until = len(bits) if ended else len(bits) // BLOCK * BLOCK
        while self._done < until:
            end = min(self._done + BLOCK, until)
            for recording in self._recordings:
                begin = max(0, self._done - len(recording))
                self._spans += (
                    (begin + first, begin + last)
                    for first, last in found_in(bits[begin:end], recording)
                )
            self._done = end
        self._spans = list(joined(self._spans))
        return self._spans


def found_in(piece: Bits, recording: Bits) -> Iterator[tuple[int, int]]:
    """Where in `piece` the recording plays, whole or a part of it."""
    if len(piece) < LEAST_FRAMES or not piece.any():
        return
    for lag in likeliest_lags(piece, recording, _LAGS):
        first, last = max(0, lag), min(len(piece), lag + len(recording))
        if last - first < LEAST_FRAMES:
            continue
        there = recording[first - lag : last - lag]
        same = alike(piece[first:last], there, _SAME)
        playing = ((first + begin, first + end) for begin, end in same)
        yield from joined(playing, gap=_GOES_ON)


def likeliest_lags(piece: Bits, other: Bits, count: int) -> list[int]:
    """Where `other` would have to begin in `piece` for them to be most alike."""
    size = 1 << (len(piece) + len(other) - 1).bit_length()
    here = np.fft.rfft(piece.astype(np.float32), size, axis=0)
    there = np.fft.rfft(other.astype(np.float32), size, axis=0)
    likeness: NDArray[np.float64] = np.fft.irfft((here * np.conj(there)).sum(axis=1), size)
    best = np.argsort(-likeness)[:count]
    return [int(lag) if lag < len(piece) else int(lag) - size for lag in best]
