"""Filters of an address that cannot be read: told on the page, so that no reader takes the list for
what it does not filter.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from fastapi import Request

from api import clock
from api.review.errors import ReviewError

__all__ = ["Misread", "day_of", "misread", "number_of", "refuse"]


@dataclass(frozen=True, slots=True)
class Misread:
    """`key` says how it should have been written, `name` which filter it is: of the catalogue."""

    key: str
    name: str


def misread(
    request: Request,
    *,
    days: Sequence[str] = (),
    numbers: Sequence[str] = (),
    choices: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> list[Misread]:
    """The filters of an address that cannot be read; `choices`: filter → its values."""
    told = request.query_params
    bad_days = (
        Misread("bad_day", name) for name in _given(request, days) if not day_of(told[name])
    )
    bad_numbers = (
        Misread("bad_number", name)
        for name in _given(request, numbers)
        if number_of(told[name]) is None
    )
    bad_choices = (
        Misread("bad_choice", name)
        for name in _given(request, tuple(choices))
        if told[name] not in choices[name]
    )
    return [*bad_days, *bad_numbers, *bad_choices]


def refuse(found: Sequence[Misread]) -> None:
    """A file says nothing of how it was filtered, so it is not made of what was misread.

    Raises ReviewError.
    """
    if found:
        names = ", ".join(one.name for one in found)
        raise ReviewError(f"not understood, so nothing was exported: {names}", key="bad_filter")


def _given(request: Request, names: Iterable[str]) -> list[str]:
    return [name for name in names if request.query_params.get(name, "").strip()]


def day_of(text: str) -> datetime | None:
    """The first moment of a day such as 2026-11-29, by the site's clock."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return clock.at(datetime(day.year, day.month, day.day)) if 2000 <= day.year <= 2100 else None


def number_of(text: str) -> float | None:
    """A number that is not negative, with a point at most."""
    text = text.strip()
    return float(text) if text.isascii() and text.replace(".", "", 1).isdecimal() else None
