"""评分表: which findings of a call take how many points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from phrasebook.terms import Where


class Charge(StrEnum):
    """How often a score item is charged for the hits that feed it."""

    EACH = "each"
    RULE = "rule"
    """Once for each rule."""
    CALL = "call"
    """Once a call, for the dearest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreItem:
    """One line of the scorecard: which machine results take points from it, never below 0.

    `feeds` names entry ids, step ids, conduct checks (`conduct.silence`) or prefixes ending in
    `*`; an item that a person scores has none.
    """

    id: str
    title: str
    group: str
    points: float
    feeds: tuple[str, ...]
    charge: Charge = Charge.EACH
    bonus: float = 0.0
    """What it may add at most: its feeds give points instead of taking them, and it has none."""
    fatal: bool = False
    """Of an item that a person scores: a yes makes the total 0."""
    where: Where

    @property
    def is_manual(self) -> bool:
        """A person scores it: the machine has nothing to say."""
        return not self.feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """评分表: items whose points sum to `total`, bonuses beside them.

    `pass_score` of it passes (S8.1: 85).
    """

    total: float = 100.0
    pass_score: float = 85.0
    items: tuple[ScoreItem, ...] = ()
    caps: Mapping[str, float] = field(default_factory=dict)
    """Groups of items, and how many points one of them may lose in a call at most."""
