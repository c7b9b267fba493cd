"""Sheets as CSV and reports as JSON lines. What callers said is never a formula."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from api.batch.sheets import Cell, Sheet
from api.outputs import beside

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Where a spreadsheet might begin to calculate; the full-width signs count in Chinese Excel."""
_MOST_CHARS = 32_767
"""What one cell holds."""


def write_csv(folder: Path, sheets: Iterable[Sheet]) -> None:
    """One CSV a sheet, with the mark that makes Excel read UTF-8."""
    for table in sheets:
        with (
            beside(folder / f"{table.name}.csv") as temporary,
            temporary.open("w", encoding="utf-8-sig", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(table.header)
            writer.writerows([_inert(value) for value in row] for row in table.rows)


def write_json_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    with beside(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def clean(value: Cell) -> Cell:
    """What one cell can hold of a text."""
    return _CONTROL.sub(" ", value)[:_MOST_CHARS] if isinstance(value, str) else value


def _inert(value: Cell) -> Cell:
    """A CSV cell that a spreadsheet takes as text: a leading quote disarms =cmd() and its kin."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    value = clean(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
