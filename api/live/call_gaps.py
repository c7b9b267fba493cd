"""What is missing of a call's sound, and what of it the rules have not heard of yet."""

from __future__ import annotations

from collections.abc import Sequence

from qa_engine.anatomy import Stretch
from qa_engine.line.missing import MissingSound

TOLD_EVERY = 16_000
"""Samples after which the rules hear of what is missing: a long gap comes in many pieces."""


class CallGaps:
    """One call's, of all its channels."""

    def __init__(self, channels: int) -> None:
        self._missing = MissingSound()
        self._told: tuple[Stretch, ...] = ()
        self._known_before_ms = (0,) * channels

    def restore(self, known_ms: Sequence[int], missing: MissingSound) -> None:
        """Go on after a restart. `known_ms`: up to there nothing of a channel is missing."""
        self._known_before_ms = tuple(known_ms)
        self._missing = missing

    def add(self, begin_ms: int, missing_ms: Sequence[int]) -> int:
        """So much of each channel never came, from `begin_ms` of the call on.

        Where a channel is known already nothing is missing. Returns how many ms that is, of all
        channels together.
        """
        return self._missing.add(
            [
                (max(begin_ms, known), begin_ms + ms)
                for ms, known in zip(missing_ms, self._known_before_ms, strict=True)
            ]
        )

    def news(self) -> tuple[Stretch, ...] | None:
        """All that is missing, where that is more than when this was last asked."""
        missing = self._missing.stretches
        if missing == self._told:
            return None
        self._told = missing
        return missing

    def are_due(self, before: int, after: int) -> bool:
        """Whether the rules should hear of what is missing, between these samples of the call."""
        return after // TOLD_EVERY > before // TOLD_EVERY

    def saved(self) -> list[dict[str, int | None]]:
        """What a restart must not forget, for JSON."""
        return self._missing.saved()
