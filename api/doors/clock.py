"""Where sound stands in its call when nobody says so: by the moments at which it arrives.

A stream that never pauses is placed end to end. After a hole in its arrival there are two
stories: the network stalled, and all of it comes now, faster than it is spoken; or the line sent
nothing (a paused stream, a caller without comfort noise), and what comes now is of now. So what
comes after a hole is held for a moment, until it is known which of the two it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

HOLE_S = 0.4
"""Jitter is less; a pause of a stream is more."""
SETTLE_S = 0.6
"""How long after a hole delayed packets may still come."""
TOLERANCE_MS = 200
"""A difference that is no hole."""
SURELY_MS = 3_000
"""At the end delayed packets are not waited for: only a pause as long as this is a hole then."""
AHEAD_MS = 500
"""A stream that is further ahead of the clock is no telephone's: it is played from a file."""
DRIFT = 0.001
"""How much slower than ours the other side's clock may run."""


@dataclass(frozen=True, slots=True)
class ClockedSound:
    """`missing_ms` that were never sent, then `data`."""

    missing_ms: int
    data: bytes


class ArrivalClock:
    """One stream's. `now_s` is monotonic and comes in with everything."""

    def __init__(self, bytes_per_second: int, *, patience_s: float | None = None) -> None:
        """`patience_s`: a hole of this length is told while it lasts. None: when it is over."""
        self._rate = bytes_per_second
        self._patience_s = patience_s
        self._began_s: float | None = None
        self._placed_ms = 0.0
        self._last_s = 0.0
        self._usual_ms = 0.0
        """How far the stream usually is behind the wall's clock."""
        self._told_of_hole = False
        self._held: list[bytes] | None = None
        self._held_ms = 0.0
        self._held_since_s = 0.0

    def push(self, data: bytes, now_s: float) -> Iterator[ClockedSound]:
        """What is known to come next, in order."""
        if self._began_s is None:
            self._began_s = now_s - len(data) / self._rate
            self._last_s = now_s
        since_s, self._last_s = now_s - self._last_s, now_s
        if self._held is None and (since_s >= HOLE_S or self._told_of_hole):
            self._held, self._held_ms, self._held_since_s = [], 0.0, now_s
        if self._held is None:
            self._placed_ms += self._ms(data)
            drifted_ms = self._usual_ms + since_s * 1_000 * DRIFT
            self._usual_ms = max(min(self._owed_ms(now_s), drifted_ms), -AHEAD_MS)
            yield ClockedSound(0, data)
            return
        self._held.append(data)
        self._held_ms += self._ms(data)
        missing_ms = self._owed_ms(now_s) - self._held_ms - self._usual_ms
        if self._told_of_hole:
            self._told_of_hole = False
            yield from self._release(max(round(missing_ms), 0))
            return
        if missing_ms <= TOLERANCE_MS:
            yield from self._release(0)
        elif now_s - self._held_since_s >= SETTLE_S:
            yield from self._release(round(missing_ms))

    def poll(self, now_s: float) -> Iterator[ClockedSound]:
        """What time alone tells: a hole that is too long for a stalled network."""
        if self._began_s is None or self._patience_s is None or self._held is not None:
            return
        if now_s - self._last_s >= self._patience_s:
            missing_ms = round(self._owed_ms(now_s) - self._usual_ms)
            self._placed_ms += missing_ms
            self._last_s, self._told_of_hole = now_s, True
            yield ClockedSound(missing_ms, b"")

    def is_settling(self, now_s: float) -> bool:
        """Whether sound is held of which it is not known yet where it stands."""
        return self._held is not None and now_s - self._held_since_s < 2 * SETTLE_S

    def close(self, now_s: float) -> Iterator[ClockedSound]:
        """The stream is over: what was held is told as it stands."""
        if self._held is not None:
            missing_ms = self._owed_ms(now_s) - self._held_ms - self._usual_ms
            yield from self._release(round(missing_ms) if missing_ms > SURELY_MS else 0)

    def _release(self, missing_ms: int) -> Iterator[ClockedSound]:
        held = b"".join(self._held or ())
        self._placed_ms += missing_ms + self._held_ms
        self._held = None
        yield ClockedSound(missing_ms, held)

    def _owed_ms(self, now_s: float) -> float:
        """How far what was placed is behind the clock on the wall."""
        return (now_s - (self._began_s or now_s)) * 1_000 - self._placed_ms

    def _ms(self, data: bytes) -> float:
        return len(data) * 1_000 / self._rate
