"""The states of a live call and the only ways from one to the next.

    opening ─▶ live ⇄ lost ─▶ closing ─▶ ended
                 └───────┴──────┴─┬────▶ suspended ─▶ (the next start) opening ─▶ lost
                                  └────▶ kept ─▶ (when there is time) opening ─▶ closing

A call may be closed from any state before; `failed` skips `closing`. Nothing follows `ended`,
`suspended` and `kept`: what comes for such a call is discarded. `LiveCall` owns the state;
everybody else reads it there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

SourceState = Literal["live", "lost", "ended", "kept"]


class CallState(StrEnum):
    OPENING = "opening"
    """Known, and nothing of it told yet."""
    LIVE = "live"
    """Its feeder sends, or may at any moment."""
    LOST = "lost"
    """Its feeder is gone or silent, and is waited for."""
    CLOSING = "closing"
    """No more audio is taken; the last windows are being recognised."""
    ENDED = "ended"
    """Its last message has been said."""
    SUSPENDED = "suspended"
    """The server stops and leaves it to the next start."""
    KEPT = "kept"
    """It is over, its sound is kept, and it is heard when there is time."""

    @property
    def takes_audio(self) -> bool:
        """Whether sound or words may still come in."""
        return self in (CallState.LIVE, CallState.LOST)

    @property
    def is_over(self) -> bool:
        """Whether no more audio will be taken."""
        return self is CallState.CLOSING or self.is_final

    @property
    def is_final(self) -> bool:
        """Whether nothing more is said of it here."""
        return self in _FINAL

    @property
    def source(self) -> SourceState:
        """What a page is told of the call's audio."""
        return _SOURCE.get(self, "live")


_FINAL = frozenset({CallState.ENDED, CallState.SUSPENDED, CallState.KEPT})
_SOURCE: Mapping[CallState, SourceState] = {
    CallState.LOST: "lost",
    CallState.SUSPENDED: "lost",
    CallState.ENDED: "ended",
    CallState.KEPT: "kept",
}
LEGAL: Mapping[CallState, frozenset[CallState]] = {
    CallState.OPENING: frozenset(
        {CallState.LIVE, CallState.LOST, CallState.CLOSING, CallState.ENDED}
    ),
    CallState.LIVE: frozenset({CallState.LOST, CallState.CLOSING, *_FINAL}),
    CallState.LOST: frozenset({CallState.LIVE, CallState.LOST, CallState.CLOSING, *_FINAL}),
    CallState.CLOSING: _FINAL,
    CallState.ENDED: frozenset(),
    CallState.SUSPENDED: frozenset(),
    CallState.KEPT: frozenset(),
}


def checked(before: CallState, after: CallState) -> CallState:
    """`after`, where it may follow `before`. Anything else is a mistake of ours."""
    if after not in LEGAL[before]:
        raise AssertionError(f"a call went from {before} to {after}")
    return after
