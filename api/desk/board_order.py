"""A board by any of its columns: the same order on the screen and in the files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.store.agents import Staff
from api.store.pinyin import order

_FIGURES: Mapping[str, Callable[[Any], Any]] = {
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
_PHRASES: Mapping[str, Callable[[Any], Any]] = {
    "what": lambda row: order(row.title),
    "in_calls": lambda row: row.calls,
    "times": lambda row: row.times,
    "count_waiting": lambda row: row.waiting,
    "judged": lambda row: row.precision.whole,
    "precision": lambda row: row.precision.value,
    "missed": lambda row: row.missed,
}
NAMES = frozenset({"agent", *_FIGURES, *_PHRASES})


def in_order(rows: list[Any], view: str, sort: str, told: Staff) -> list[Any]:
    """By the column `sort`, or `-sort` for the greatest first; what has no value comes last.

    A column that the view does not have changes nothing.
    """
    name, greatest_first = sort.removeprefix("-"), sort.startswith("-")
    keys = _PHRASES if view == "phrases" else _FIGURES if view in ("agents", "teams") else {}
    key = keys.get(name)
    if view in ("agents", "teams") and name in ("agent", "team") and view == f"{name}s":
        key = _named(told)
    if key is None:
        return rows
    known = [row for row in rows if key(row) is not None]
    unknown = [row for row in rows if key(row) is None]
    return sorted(known, key=key, reverse=greatest_first) + unknown


def _named(told: Staff) -> Callable[[Any], Any]:
    return lambda row: order(told.label(row.name))
