"""What one finding takes from one item of a sheet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Points that a finding takes, or would have taken had people let it stand."""

    points: float
    kind: str
    evidence: str
    title: str
    reason: str
    at_ms: int | None
    stands: bool
