"""What one hit is worth to a line of the score sheet, taken or added."""

from __future__ import annotations

from phrasebook.model import Entry
from qa_engine.events import Hit
from qa_engine.rules.score import Deduction, EvidenceKind
from qa_engine.rules.severity import SEVERITY_SHARE

__all__ = ["of_hit"]


def of_hit(entry: Entry, hit: Hit, *, whole: float) -> Deduction:
    """The rule's own points; without any, a share of `whole` points by its severity."""
    points = entry.points or whole * SEVERITY_SHARE[entry.severity]
    return Deduction(
        points=round(points, 2),
        kind=EvidenceKind.HIT,
        evidence=hit.id,
        title=entry.title,
        reason="hit",
        at_ms=hit.begin_ms,
    )
