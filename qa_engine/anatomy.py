"""What a call is made of, before it is judged: stretches of ring, announcement, speech, hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["NOBODYS", "Stretch", "StretchKind"]


class StretchKind(StrEnum):
    RING = "ring"
    """Ring-back and other tones of the network."""
    ANNOUNCEMENT = "announcement"
    """The carrier's recorded voice."""
    IVR = "ivr"
    """The site's own recorded voice."""
    RECORDED = "recorded"
    """A recording that the site knows, before anybody asks whether it is the carrier's: among the
    sounds of a line only, never a part of a call."""
    MUSIC = "music"
    HOLD = "hold"
    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"
    """说话人未定: somebody speaks, and nobody can say who."""
    OVERLAP = "overlap"
    """同时说话: both at once on the one channel they share."""
    SILENCE = "silence"
    MISSING = "missing"
    """缺失: the sound is lost here, damaged or never sent."""


NOBODYS = (
    StretchKind.RING,
    StretchKind.ANNOUNCEMENT,
    StretchKind.IVR,
    StretchKind.MUSIC,
    StretchKind.UNKNOWN,
    StretchKind.OVERLAP,
    StretchKind.MISSING,
)
"""What is heard, or was lost, and is nobody's: no side is known to have spoken there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One stretch of a call; `channel` None: all channels. Channels count from 0, times in ms."""

    kind: StretchKind
    channel: int | None = None
    begin_ms: int
    end_ms: int
