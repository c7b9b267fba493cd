"""How long after the sound a prompt is shown: from the arrival of the frame that held its last
syllable to its message.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Callable

from api.live.message_parts import Lag

ARRIVALS = 3_000
"""Frames remembered: a minute or two of a call."""
LAGS = 500


class PromptLatency:
    """One call's. `tell` gets every lag in milliseconds, such as for the metrics."""

    def __init__(self) -> None:
        self.tell: Callable[[int], None] = lambda ms: None
        self._arrivals: deque[tuple[int, float]] = deque(maxlen=ARRIVALS)
        self._lags: deque[int] = deque(maxlen=LAGS)

    def arrived(self, at_ms: int, now_s: float) -> None:
        """Audio up to this moment of the call is here."""
        self._arrivals.append((at_ms, now_s))

    def age_ms(self, at_ms: int, now_s: float) -> int:
        """How long ago this moment of the call arrived; 0 for what is still to come."""
        index = bisect_left(self._arrivals, at_ms, key=lambda pair: pair[0])
        if index == len(self._arrivals):
            return 0
        return max(round((now_s - self._arrivals[index][1]) * 1_000), 0)

    def shown(self, end_ms: int, now_s: float) -> None:
        """What ended at this moment of the call is being shown."""
        lag_ms = self.age_ms(end_ms, now_s)
        self._lags.append(lag_ms)
        self.tell(lag_ms)

    def summary(self) -> Lag | None:
        """Of the newest lags; None before the first."""
        ordered = sorted(self._lags)
        if not ordered:
            return None
        last = len(ordered) - 1
        return Lag(
            count=len(ordered), p50_ms=ordered[last // 2], p95_ms=ordered[round(last * 0.95)]
        )
