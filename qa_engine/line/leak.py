"""串音: the copy of one side that leaks into the other side's channel, found and taken out.

A leak is the other channel's sound, later by up to 30 ms, weaker, perhaps coloured. Its response is
learned where the other side is the louder one; what it predicts is subtracted, and utterances that
are nothing but leak are known as such, so that nobody is charged for what the other side said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.recogniser import Samples
from models.voice_activity import FRAME_MS, FRAME_SAMPLES

__all__ = ["LEAKED_FROM", "UNCERTAIN", "UNCERTAIN_FROM", "Leak", "LeakFound", "Leaks"]

_BLOCK = 4_096
_HOP_FRAMES = 4
_REACH = 640
"""40 ms: the latest a leak comes, with what the line smears."""
_TAPS = 24
"""Samples on either side of the strongest: what a line colours."""
_LEAST_BLOCKS = 5
_AUDIBLE = 10 ** (-50 / 10)
_STRONGER = 2.0
"""Only where the source is 3 dB louder does it tell what leaks."""
_CLEAR = 7.0
"""The response's peak over the rest of it; two unrelated voices stay below 5."""
_FORGET = 0.995
_ROOM = 4.0
"""Up to 6 dB above what is predicted is leak."""
LEAKED_FROM = 0.8
"""An utterance of which so much is leak is the other side's and not heard at all."""
UNCERTAIN_FROM = 0.4
UNCERTAIN = 0.4
"""How sure the speaker is where so much is leak: not sure enough to be charged."""
_MOSTLY_LEAK = 0.3
"""Where less than that is left of a frame's power, it held hardly anything else …"""
_HUSHED = 0.1
"""… and what is left is turned down so far: a whisper of the other side is speech, too."""
_WEAKEST = 0.005
_STRONGEST = 0.7
"""From -3 dB on it is no leak but a mix of both."""


@dataclass(frozen=True, slots=True)
class LeakFound:
    """`source` is heard on `channel` (both from 0), at `level_db` below it, `delay_ms` later."""

    source: int
    channel: int
    level_db: float
    delay_ms: float


class Leak:
    """From one channel into one other. Frames go in as they come; what is left comes out."""

    def __init__(self) -> None:
        self._source = np.zeros(_BLOCK + _REACH, np.float32)
        self._target = np.zeros(_BLOCK, np.float32)
        bins = _BLOCK // 2 + 1
        self._cross = np.zeros(bins, np.complex128)
        self._power = np.zeros(bins)
        self._blocks = 0
        self._frames = 0
        self._response: Samples | None = None
        self._from_source: list[float] = []
        self._in_target: list[float] = []
        self._gains: list[float] = []
        self._first = 0
        self.gain = 0.0
        """Of amplitude, where the source sounds; 0 while no leak is known."""
        self.delay = 0

    @property
    def known(self) -> bool:
        """Whether enough was heard of both channels to tell how one sounds in the other."""
        return self._response is not None

    def feed(self, source: Samples, target: Samples) -> Samples:
        """One frame of 512 samples of each channel, as they were recorded."""
        self._source = np.concatenate([self._source[FRAME_SAMPLES:], source])
        self._target = np.concatenate([self._target[FRAME_SAMPLES:], target])
        self._from_source.append(_mean_power(source))
        self._in_target.append(_mean_power(target))
        self._frames += 1
        if self._frames % _HOP_FRAMES == 0:
            self._learn()
        self._gains.append(self.gain if self.known else 0.0)
        if self._response is None:
            return target
        begin = len(self._source) - FRAME_SAMPLES - len(self._response) + 1 - self._first
        heard = self._source[begin : begin + FRAME_SAMPLES + len(self._response) - 1]
        own = np.asarray(target - np.convolve(heard, self._response, "valid"), np.float32)
        mostly_leak = _mean_power(own) < _MOSTLY_LEAK * self._in_target[-1]
        return own * np.float32(_HUSHED) if mostly_leak else own

    def share(self, begin_ms: int, end_ms: int, heard_ms: int) -> float:
        """How much of what sounds there is nothing but leak, in [0, 1].

        Judged by what was known when `heard_ms` had been heard, whatever was fed since.
        """
        gain = self._gains[min(heard_ms // FRAME_MS, len(self._gains)) - 1] if heard_ms else 0.0
        if not gain:
            return 0.0
        first, last = begin_ms // FRAME_MS, -(-end_ms // FRAME_MS)
        target = np.array(self._in_target[first:last])
        source = np.array(self._from_source[max(0, first - 2) : last])
        if not len(target):
            return 0.0
        source = np.pad(source, (len(target) + 2 - len(source), 0))
        source = np.maximum(np.maximum(source[2:], source[1:-1]), source[:-2])
        quiet = 4 * self._noise(last)
        sounding = target > quiet
        if not sounding.any():
            return 1.0
        leaked = target <= _ROOM * gain**2 * source + quiet
        return float((leaked & sounding).sum() / sounding.sum())

    def _noise(self, until: int) -> float:
        before = np.array(self._in_target[max(0, until - 900) : until])
        return float(max(np.percentile(before, 10), 1e-9))

    def _learn(self) -> None:
        now = slice(-_BLOCK, None)
        source, target = self._source[now], self._target
        loud = _mean_power(source)
        if loud < _AUDIBLE or loud < _STRONGER * _mean_power(target):
            return
        a, b = np.fft.rfft(source * _HANN), np.fft.rfft(target * _HANN)
        self._cross = _FORGET * self._cross + np.conj(a) * b
        self._power = _FORGET * self._power + np.abs(a) ** 2
        self._blocks += 1
        if self._blocks >= _LEAST_BLOCKS:
            self._respond()

    def _respond(self) -> None:
        floor = 1e-4 * float(self._power.max())
        response = np.fft.irfft(self._cross / (self._power + floor))
        reach = np.abs(response[: _REACH - _TAPS])
        peak = int(reach.argmax())
        rest = np.concatenate([reach[: max(0, peak - 2 * _TAPS)], reach[peak + 2 * _TAPS :]])
        spread = float(np.sqrt(np.mean(rest**2))) + 1e-12
        if reach[peak] < _CLEAR * spread:
            self._response = None
            return
        self.delay = peak
        around = np.arange(peak - _TAPS, peak + _TAPS + 1)
        taps = response[around] / _OVERLAP[peak]
        weighted = np.abs(np.fft.rfft(taps, _BLOCK)) ** 2 * self._power
        self.gain = float(np.sqrt(weighted.sum() / self._power.sum()))
        self._first = int(around[0])
        if self._first < 0:
            # A leak mixed in at once would need sound that is still to come: one tap is all.
            self._first = peak
            taps = np.array([self.gain * np.sign(response[peak])])
        self._response = np.asarray(taps, np.float32) if _WEAKEST < self.gain < _STRONGEST else None


class Leaks:
    """Both ways between two channels; with any other number of channels it does nothing."""

    def __init__(self, channels: int) -> None:
        self._ways = {(0, 1): Leak(), (1, 0): Leak()} if channels == 2 else {}

    def feed(self, frames: Samples) -> Samples:
        """[channels, n, 512] as recorded; the same without what leaked."""
        if not self._ways:
            return frames
        cleaned = frames.copy()
        for step in range(frames.shape[1]):
            for (source, target), leak in self._ways.items():
                cleaned[target, step] = leak.feed(frames[source, step], frames[target, step])
        return cleaned

    def share(self, channel: int, begin_ms: int, end_ms: int, heard_ms: int) -> float:
        """How much of what sounds on `channel` there is the other side's leak, in [0, 1]."""
        return max(
            (
                leak.share(begin_ms, end_ms, heard_ms)
                for (_, target), leak in self._ways.items()
                if target == channel
            ),
            default=0.0,
        )

    def found(self) -> Sequence[LeakFound]:
        """The leaks as they are known by now."""
        return [
            LeakFound(
                source,
                target,
                round(20 * float(np.log10(leak.gain)), 1),
                round(leak.delay / 16, 1),
            )
            for (source, target), leak in self._ways.items()
            if leak.known
        ]


_HANN: NDArray[np.float64] = np.hanning(_BLOCK)
_SHIFTED = np.fft.irfft(np.abs(np.fft.rfft(_HANN, 2 * _BLOCK)) ** 2)[:_REACH]
_OVERLAP: NDArray[np.float64] = _SHIFTED / _SHIFTED[0]
"""How much of a block a delay leaves in both windows: the estimate lacks the rest."""


def _mean_power(samples: Samples) -> float:
    return float(np.dot(samples, samples) / max(1, len(samples)))
