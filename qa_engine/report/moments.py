"""Where something stands in a call: its second, or its line where nobody knows the seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from qa_engine.report.model import Report
from qa_engine.report.wording import clock

__all__ = ["ESTIMATED_TIMES", "Moments"]

ESTIMATED_TIMES = "estimated_times"
"""The code of the warning of a text whose times are only reckoned from its length."""


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of one report, as a reader can look them up."""

    is_timed: bool
    """False: what stands at a moment is found by its line, and a clock would be invented."""
    begins_ms: Sequence[int]
    """Where the lines begin, in order."""

    @classmethod
    def of(cls, report: Report) -> Moments:
        told = {warning.code for warning in report.warnings}
        return cls(
            is_timed=ESTIMATED_TIMES not in told,
            begins_ms=sorted(line.begin_ms for line in report.utterances),
        )

    @property
    def lines(self) -> int:
        """How many lines there are."""
        return len(self.begins_ms)

    def line(self, ms: int) -> int:
        """The line, from 1, that is spoken at this moment; the first one before any."""
        return max(1, bisect_right(self.begins_ms, ms))

    def short(self, ms: int) -> str:
        """As a column shows it: 01:23, or the line's number."""
        return clock(ms) if self.is_timed else str(self.line(ms))
