"""How much of a recording is missing before a frame that could be decoded.

Three witnesses, each where it can be trusted: a packet that cannot be decoded stands for as much
sound as it says; the time stamp of a frame tells where it belongs; and a packet of MP3 that is
larger than any frame can be holds what its neighbours were before they were spoiled.
"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

__all__ = ["LostTime", "UnsentSilence"]

_STAMPED = frozenset({"ogg", "flac", "mov", "mp4", "m4a", "matroska", "webm"})
"""Containers whose time stamps count samples, or milliseconds, from the start."""
_LEAST_S = 0.02
"""Time stamps are rounded to this at worst."""
_PAUSE_S = 0.5
"""Opus may send nothing in a pause, and then something every 400 ms all the same."""
_LONGEST_FILLED_S = 600
_LARGEST_MP3 = 1_441
"""Bytes of the largest frame there is."""
_ALIKE_BYTES = 2
"""Frames of a constant bit rate differ by their padding."""
_SEEN = 50


class UnsentSilence(NamedTuple):
    """Samples of it. Not lost: nothing was sent because nothing was said."""

    samples: int
    is_lost: bool


class LostTime:
    """Of one recording. `rate`: samples a second of it; everything is counted in them."""

    def __init__(self, container: str, codec: str, rate: int) -> None:
        """`container` as FFmpeg calls it, such as `ogg` or `mov,mp4,m4a`."""
        self._rate = rate
        self._stamped = not _STAMPED.isdisjoint(container.split(","))
        self._is_mp3 = codec in ("mp3", "mp3float")
        self._pause_s = _PAUSE_S if codec in ("opus", "libopus") else 0.0
        self._done = 0
        self._usual = 0
        self._lost = 0
        self._offset: int | None = None
        self._sizes: deque[int] = deque(maxlen=_SEEN)

    @property
    def done(self) -> int:
        """Where the next sample stands."""
        return self._done

    def undecoded(self, packet: Any) -> None:
        """Nothing came out of this packet."""
        told = packet.duration and packet.time_base is not None
        samples = int(packet.duration * packet.time_base * self._rate) if told else 0
        self._lost += samples or self._usual

    def packet(self, size: int) -> None:
        """The bytes of the next packet."""
        if not self._is_mp3:
            return
        usual = sum(self._sizes) / len(self._sizes) if self._sizes else 0.0
        alike = len(self._sizes) == _SEEN and max(self._sizes) - min(self._sizes) <= _ALIKE_BYTES
        if usual and (size > _LARGEST_MP3 or (alike and size > 1.5 * usual)):
            self._lost += round((size / usual - 1) * self._usual)
        elif size:
            self._sizes.append(size)

    def before(self, frame: Any) -> UnsentSilence:
        """What stands in place of sound before this frame; it counts as done."""
        lost, self._lost = self._lost, 0
        ahead = self._ahead(frame)
        self._usual = frame.samples
        is_pause = not lost and ahead < self._pause_s * self._rate
        return UnsentSilence(self._filled(max(lost, ahead)), is_lost=not is_pause)

    def behind(self) -> UnsentSilence:
        """What is missing behind the last frame, as far as packets told of it."""
        lost, self._lost = self._lost, 0
        return UnsentSilence(self._filled(lost) if self._done else 0, is_lost=True)

    def _ahead(self, frame: Any) -> int:
        """How far behind the last sample the frame says it belongs."""
        if not self._stamped or frame.pts is None:
            return 0
        at = round(float(frame.pts * frame.time_base) * self._rate)
        if self._offset is None:
            self._offset = at - self._done
        ahead = at - self._offset - self._done
        return ahead if ahead >= _LEAST_S * self._rate else 0

    def decoded(self, samples: int) -> None:
        """That so many samples of one channel came out of the decoder."""
        self._done += samples

    def _filled(self, lost: int) -> int:
        # A stamp or a size gone wrong must not make hours of silence.
        if lost > (0 if self._done else self._rate) + _LONGEST_FILLED_S * self._rate:
            return 0
        self._done += lost
        return lost
