"""Cells that a spreadsheet takes as text: whatever callers, names or titles hold is no formula."""

from __future__ import annotations

import re
from datetime import datetime
from typing import overload

__all__ = ["Cell", "clean", "inert"]

Cell = str | int | float | bool | datetime | None
"""A time is of the clock on the wall of the site, without a zone, as spreadsheets keep it."""

MOST_CHARS = 32_767
"""What one cell holds."""
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold, and what no reader sees."""
_RUNS = re.compile("[\\s\u200b-\u200f\u2060\ufeff]*[=+\\-@＝＋－＠]|[\t\r\n]")
"""Where a spreadsheet might begin to calculate; the full-width signs count in Chinese Excel, and
what stands before them without width is trimmed by some."""


@overload
def clean(value: str) -> str: ...
@overload
def clean(value: Cell) -> Cell: ...
def clean(value: Cell) -> Cell:
    """What one cell can hold of a text."""
    return _UNPRINTABLE.sub(" ", value)[:MOST_CHARS] if isinstance(value, str) else value


def inert(value: Cell) -> str | int | float | bool | None:
    """A cell of a CSV: a leading quote disarms =cmd() and its kin. Headers are cells, too."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text[: MOST_CHARS - 1]}" if _RUNS.match(text) else text
