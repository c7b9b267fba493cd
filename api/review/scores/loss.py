"""What one finding takes from one item of a sheet."""

from __future__ import annotations

from dataclasses import dataclass

from qa_engine.report.stored import StoredDeduction


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


def loss_of(deduction: StoredDeduction, *, stands: bool) -> Loss:
    """What the machine took, as a line of a person's sheet."""
    return Loss(
        points=deduction["points"],
        kind=deduction["kind"],
        evidence=deduction["evidence"],
        title=deduction["title"],
        reason=deduction["reason"],
        at_ms=deduction["at_ms"],
        stands=stands,
    )
