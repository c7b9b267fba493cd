"""How much sound a feeder that was held back must have sent and we have not read yet.

A call that is read no further while its recognition is behind looks punctual from inside: what
comes in next was said long ago. The time it was held back is what it may be behind; sound that
comes faster than time passes makes that good.
"""

from __future__ import annotations


class Backlog:
    """One feeder's; seconds."""

    def __init__(self) -> None:
        self._behind_s = 0.0
        self._last_s: float | None = None

    def held(self, seconds: float) -> None:
        """It was not read for so long."""
        self._behind_s += seconds
        if self._last_s is not None:
            self._last_s += seconds

    def took(self, sound_s: float, now_s: float) -> float:
        """So much sound came in; how far it is behind the moment it was said."""
        if self._last_s is not None and self._behind_s:
            gained_s = sound_s - (now_s - self._last_s)
            self._behind_s = max(0.0, self._behind_s - max(0.0, gained_s))
        self._last_s = now_s
        return self._behind_s
