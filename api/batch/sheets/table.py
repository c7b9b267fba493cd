"""A sheet as the workbook and the CSV files take it, and the words that several sheets use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, cast, func
from sqlalchemy.sql import ColumnElement

from api.review.scores import standing
from api.spreadsheet import Cell
from qa_engine.report.wording import say
from qa_engine.rules.tally import CountedAs

__all__ = ["COUNTS", "ROLES", "WorkbookSheet", "last_without", "passed_share", "percent", "rounded"]


@dataclass(frozen=True, slots=True)
class WorkbookSheet:
    """One table; `rows` are read as they are written, never all at once."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[Cell]]


ROLES = {"agent": "坐席", "customer": "客户"}
COUNTS = {
    count: say("zh", f"count_{count}") if count is not CountedAs.NOTHING else ""
    for count in CountedAs
}
"""违规点, 客户触发, 待复核点: named as on every page."""


def passed_share() -> ColumnElement[Any]:
    """合格率 of the calls that can be judged: what waits for a person has not passed."""
    passed = func.coalesce(func.sum(cast(standing.PASSED, Integer)), 0)
    return 1.0 * passed / func.nullif(func.count(standing.SCORE), 0)


def last_without(score: float | None) -> float:
    """A place in the order of scores: calls without one come last."""
    return float("inf") if score is None else score


def rounded(value: float | None, digits: int = 1) -> float | None:
    return None if value is None else round(float(value), digits)


def percent(value: float | None) -> float | None:
    return None if value is None else round(100 * float(value), 1)
