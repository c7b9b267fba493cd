"""A board by any of its columns: the same order on the screen and in the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from api.review.boards.agent_board import Figures
from api.review.boards.phrase_board import Phrase
from api.store.agents import Staff
from api.store.pinyin import order


class Comparable(Protocol):
    """What `sorted` takes; the values of one column are of one kind."""

    def __lt__(self, other: Any, /) -> bool: ...


_Line = TypeVar("_Line", Figures, Phrase)

_FIGURES: Mapping[str, Callable[[Figures], Comparable | None]] = {
    "team": lambda row: order(row.team),
    "calls": lambda row: row.calls,
    "mean": lambda row: row.mean,
    "pass_share": lambda row: row.passed.value,
    "to_review": lambda row: row.waiting,
    "not_judgeable": lambda row: row.unjudged,
    "fatal_calls": lambda row: row.fatal,
    "count_breach": lambda row: row.breaches,
    "breaches_a_call": lambda row: row.breaches_a_call,
    "count_waiting": lambda row: row.doubts,
    "reviewed": lambda row: row.reviewed,
}
_PHRASES: Mapping[str, Callable[[Phrase], Comparable | None]] = {
    "what": lambda row: order(row.title),
    "in_calls": lambda row: row.calls,
    "times": lambda row: row.times,
    "count_waiting": lambda row: row.waiting,
    "judged": lambda row: row.precision.whole,
    "precision": lambda row: row.precision.value,
    "missed": lambda row: row.missed,
}
NAMES = frozenset({"agent", *_FIGURES, *_PHRASES})


def figures_in_order(rows: list[Figures], view: str, sort: str, told: Staff) -> list[Figures]:
    """Of agents or teams: by the column `sort`, or `-sort` for the greatest first; what has no
    value comes last. A column that the view does not have changes nothing.
    """
    name = sort.removeprefix("-")
    if name in ("agent", "team") and view == f"{name}s":
        return _sorted(rows, lambda row: order(told.label(row.name)), sort)
    return _sorted(rows, _FIGURES.get(name), sort)


def phrases_in_order(rows: list[Phrase], sort: str) -> list[Phrase]:
    """Of rules, by the same."""
    return _sorted(rows, _PHRASES.get(sort.removeprefix("-")), sort)


def _sorted(
    rows: list[_Line], key: Callable[[_Line], Comparable | None] | None, sort: str
) -> list[_Line]:
    if key is None:
        return rows
    known = [(value, row) for row in rows if (value := key(row)) is not None]
    unknown = [row for row in rows if key(row) is None]
    known.sort(key=lambda pair: pair[0], reverse=sort.startswith("-"))
    return [row for _, row in known] + unknown
