"""What is missing from a recording that could be decoded all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qa_engine.anatomy import Stretch, StretchKind

__all__ = ["LEAST_SOUND_SHARE", "Damage", "Gap"]

LEAST_SOUND_SHARE = 0.5
"""With less of its sound a recording is not judged: it has to be exported again."""
TOLD_FROM_MS = 100
"""Shorter gaps are what any line loses; they are filled and not told one by one."""
_TOLERANCE_MS = 500
_TOLERANCE = 0.01
_UNKNOWN_CUT_MS = 1_000
"""What stands for the rest of a recording that breaks off: enough that nothing is due in it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Sound that is lost; in its place stands silence."""

    begin_ms: int
    end_ms: int

    @property
    def stretch(self) -> Stretch:
        """As a part of the call, of all its channels."""
        return Stretch(kind=StretchKind.MISSING, begin_ms=self.begin_ms, end_ms=self.end_ms)


@dataclass(slots=True)
class Damage:
    """Filled while a recording is decoded; what it says holds once the last block was read."""

    gaps: list[Gap] = field(default_factory=list)
    held_ms: int = 0
    """All that was decoded, gaps as silence included."""
    promised_ms: int = 0
    """What the header says, or 0."""
    broken_off: bool = False
    """It ends in the middle of something, and nobody says how much there was."""

    @property
    def lost_ms(self) -> int:
        """Inside the recording."""
        return sum(gap.end_ms - gap.begin_ms for gap in self.gaps)

    @property
    def cut_ms(self) -> int:
        """What the header promises beyond the last sample; small differences are none."""
        missing = self.promised_ms - self.held_ms
        return missing if missing > self.promised_ms * _TOLERANCE + _TOLERANCE_MS else 0

    @property
    def sound_share(self) -> float:
        """The part of the recording that is there, in [0, 1]."""
        whole = self.held_ms + self.cut_ms
        return (self.held_ms - self.lost_ms) / whole if whole else 0.0

    @property
    def missing(self) -> list[Stretch]:
        """Of all channels: those gaps, and what is cut off behind the last sample."""
        cut_ms = self.cut_ms or (_UNKNOWN_CUT_MS if self.broken_off else 0)
        lost = [*self.told, *([Gap(self.held_ms, self.held_ms + cut_ms)] * bool(cut_ms))]
        return [gap.stretch for gap in lost]

    @property
    def told(self) -> Sequence[Gap]:
        """The gaps a person should know of."""
        return [gap for gap in self.gaps if gap.end_ms - gap.begin_ms >= TOLD_FROM_MS]
