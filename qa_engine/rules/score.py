"""What a score says: its items, and what took points from each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from qa_engine.rules.counting import Conclusion, conclude

PASSED: Mapping[Conclusion, bool | None] = {
    Conclusion.PASSED: True,
    Conclusion.FAILED: False,
    Conclusion.TO_REVIEW: None,
    Conclusion.NOT_JUDGEABLE: None,
}
"""A conclusion as the one flag that older readers know."""


class EvidenceKind(StrEnum):
    HIT = "hit"
    STEP = "step"
    CONDUCT = "conduct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """Points taken, and the hit, step or conduct check that took them."""

    points: float
    kind: EvidenceKind
    evidence: str
    """A hit's id, a step's id or a check's id."""
    title: str
    reason: str
    """hit, missed, late, out_of_order or breach."""
    at_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemScore:
    """One line of the score sheet; `earned` is None when the item is not applicable."""

    id: str
    title: str
    group: str
    points: float
    earned: float | None
    deductions: tuple[Deduction, ...] = ()
    waiting: tuple[Deduction, ...] = ()
    """What findings that wait for a person would take."""
    bonus: float = 0.0
    """What it may add at most, beside the points of the others."""
    additions: tuple[Deduction, ...] = ()
    """What its points were earned by, where it is a bonus."""
    manual: bool = False
    """A person gives its points: until then `earned` is None. Without points: a fatal yes or no."""

    @property
    def applicable(self) -> bool:
        return self.earned is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The machine's score; `total` is on the scale of `out_of`."""

    total: float
    out_of: float
    pass_score: float
    passed: bool | None
    """None: a person decides first (待复核)."""
    items: tuple[ItemScore, ...]
    fatal: tuple[Deduction, ...] = ()
    """Fatal findings; any of them makes the total 0."""
    fatal_waiting: tuple[Deduction, ...] = ()
    """Fatal findings that wait for a person; while there are any, the call does not pass."""
    to_give: float = 0.0
    """Points of items that a person has still to score: `total` is provisional, without them."""

    @property
    def conclusion(self) -> Conclusion:
        return conclude(
            self.total,
            self.pass_score,
            fatal=bool(self.fatal),
            fatal_waits=bool(self.fatal_waiting),
        )
