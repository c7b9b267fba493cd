"""What findings are counted as: 违规点, 客户触发, 待复核点. The one definition of each number.

Every place that shows how many findings a call has asks here, or reads what was written down from
here when the call was filed: terminal, report, workbook, summary, desk, boards and exports.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from phrasebook.model import Kind
from qa_engine.rules.counting import Effect

__all__ = ["CountedAs", "Tally", "counted_as", "tally", "tally_of"]


class CountedAs(StrEnum):
    """The count that a finding adds to; the catalogues name it as `count_` and its value."""

    BREACH = "breach"
    """违规点: forbidden words that count against the agent."""
    TRIGGER = "trigger"
    """客户触发: words that change what the agent must do."""
    WAITING = "waiting"
    """待复核点: of either kind, and a person decides first."""
    NOTHING = ""


class CountedFinding(Protocol):
    """What a finding is counted by."""

    @property
    def kind(self) -> str: ...
    @property
    def effect(self) -> Effect: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many findings of each count; no finding is in two of them."""

    breaches: int = 0
    triggers: int = 0
    waiting: int = 0


def counted_as(kind: str, effect: Effect) -> CountedAs:
    """`kind`: forbidden or trigger; what is neither, such as a rule nobody knows, adds nothing."""
    if kind not in (Kind.FORBIDDEN, Kind.TRIGGER) or effect is Effect.NOT_COUNTED:
        return CountedAs.NOTHING
    if effect is Effect.WAITING:
        return CountedAs.WAITING
    return CountedAs.TRIGGER if kind == Kind.TRIGGER else CountedAs.BREACH


def tally(found: Iterable[CountedFinding]) -> Tally:
    """Of the findings of one call, each with what it does once one breach is charged once."""
    return tally_of(counted_as(one.kind, one.effect) for one in found)


def tally_of(counts: Iterable[CountedAs]) -> Tally:
    """Breaches, triggers and findings that wait, counted."""
    total = Counter(counts)
    return Tally(
        breaches=total[CountedAs.BREACH],
        triggers=total[CountedAs.TRIGGER],
        waiting=total[CountedAs.WAITING],
    )
