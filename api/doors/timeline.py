"""Two mono legs to one interleaved call: each piece at its place, whatever order they come in.

What nobody sent within the time that the other leg gives it becomes silence, and is told as
missing. What comes after that is late and left out; what comes twice is there once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from api.live.wire_audio import WireFormat, quiet

SNAP_MS = 12
"""A piece that begins so near to the end of another goes on from it: stamps are rounded."""
BLOCK_MS = 1_000


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """The call's next sound, interleaved, and how much of it is missing on each leg."""

    data: bytes
    missing_ms: tuple[int, ...]


class _Leg:
    """One side's bytes from `frame` on, and which of them came."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.came: list[tuple[int, int]] = []
        """Frames [begin, end) that came, sorted, apart from each other."""

    @property
    def end(self) -> int:
        return self.came[-1][1] if self.came else 0


class Timeline:
    """Frames of one sample of each leg, counted from the begin of the call."""

    def __init__(
        self, audio_format: WireFormat, *, legs: int = 2, patience_ms: int = 400, begin_ms: int = 0
    ) -> None:
        """`audio_format`: of one leg, mono. `patience_ms`: how long one leg waits for the other."""
        self._format = audio_format
        self._size = audio_format.frame_bytes
        self._patience = self._frames(patience_ms)
        self._legs = [_Leg() for _ in range(legs)]
        self._told = self._frames(begin_ms)
        """Everything before this frame is told."""
        self._gone = [0.0] * legs
        self.late_ms = 0
        """Sound that came after its moment was told as missing."""

    @property
    def told_ms(self) -> int:
        """How far the call has come."""
        return self._told * 1_000 // self._format.sample_rate

    def put(self, leg: int, at_ms: float, data: bytes) -> None:
        """`data` begins `at_ms` after the call's begin."""
        one = self._legs[leg]
        data = data[: len(data) // self._size * self._size]
        begin = self._near(one, self._frames(at_ms))
        end = begin + len(data) // self._size
        if begin < self._told:
            self.late_ms += (min(end, self._told) - begin) * 1_000 // self._format.sample_rate
            data = data[(self._told - begin) * self._size :]
            begin = self._told
        if begin >= end:
            return
        at = (begin - self._told) * self._size
        if (lacks := at - len(one.data)) > 0:
            one.data += quiet(self._format, lacks // self._size)
        one.data[at : at + len(data)] = data
        one.came = _with(one.came, begin, end)

    def take(self, *, only_whole: bool = False) -> Iterator[SoundBlock]:
        """What is complete on all legs, or was waited for long enough, unless `only_whole`."""
        ends = [leg.end for leg in self._legs]
        given_up = 0 if only_whole else max(ends) - self._patience
        yield from self._until(max(self._whole(), given_up))

    def skip_to(self, at_ms: float) -> Iterator[SoundBlock]:
        """The clock says that everything before `at_ms` should be here: what is not, is missing."""
        yield from self._until(max(self._frames(at_ms), self._whole()))

    def close(self) -> Iterator[SoundBlock]:
        """All that is left, to the end of the longest leg."""
        yield from self._until(max(leg.end for leg in self._legs))

    def _whole(self) -> int:
        """Up to where all legs are without a hole."""
        whole = self._told
        reach = []
        for leg in self._legs:
            first = next(((b, e) for b, e in leg.came if e > self._told), None)
            reach.append(first[1] if first and first[0] <= self._told else self._told)
        return max(whole, min(reach, default=whole))

    def _until(self, end: int) -> Iterator[SoundBlock]:
        step = self._frames(BLOCK_MS)
        while self._told < end:
            upto = min(end, self._told + step)
            yield self._block(upto)

    def _block(self, end: int) -> SoundBlock:
        frames = end - self._told
        size, count = self._size, len(self._legs)
        mixed = bytearray(frames * size * count)
        missing = []
        for number, leg in enumerate(self._legs):
            mono = leg.data[: frames * size]
            mono += quiet(self._format, frames - len(mono) // size)
            for byte in range(size):
                mixed[number * size + byte :: size * count] = mono[byte::size]
            del leg.data[: frames * size]
            here = sum(min(e, end) - max(b, self._told) for b, e in leg.came if b < end)
            leg.came = [(b, e) for b, e in leg.came if e > end]
            leg.came = [(max(b, end), e) for b, e in leg.came]
            exact = (frames - here) * 1_000 / self._format.sample_rate + self._gone[number]
            missing.append(int(exact))
            self._gone[number] = exact - int(exact)
        self._told = end
        return SoundBlock(bytes(mixed), tuple(missing))

    def _near(self, leg: _Leg, begin: int) -> int:
        """`begin`, or the end of the piece that it goes on from."""
        reach = self._frames(SNAP_MS)
        ends = [end for _, end in leg.came] or [self._told]
        at = bisect_left(ends, begin - reach)
        near = [end for end in ends[at : at + 2] if abs(end - begin) <= reach]
        return min(near, key=lambda end: abs(end - begin), default=begin)

    def _frames(self, ms: float) -> int:
        return round(ms * self._format.sample_rate / 1_000)


def _with(came: list[tuple[int, int]], begin: int, end: int) -> list[tuple[int, int]]:
    """The stretches with one more, joined where they touch."""
    apart = []
    for b, e in came:
        if e < begin or b > end:
            apart.append((b, e))
        else:
            begin, end = min(b, begin), max(e, end)
    return sorted([*apart, (begin, end)])
