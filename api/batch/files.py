"""Sheets as files: an Excel workbook, CSV, JSON lines. What callers said is never a formula."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from api.batch.sheets import Cell, Sheet
from api.outputs import beside

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
MAX_ROWS = 1_048_575
"""What an Excel sheet holds below its header; the rest stands in the CSV, and the sheet says so."""


def write_workbook(path: Path, sheets: Iterable[Sheet]) -> None:
    """An .xlsx, beside `path` first. Raises OutputError, as when Excel holds the file open."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    def cell(sheet: WriteOnlyWorksheet, value: Cell, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, value=_clean(value))
        if isinstance(value, str):
            made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    book = Workbook(write_only=True)
    for table in sheets:
        sheet = book.create_sheet(table.name)
        sheet.freeze_panes = "A2"
        for n, title in enumerate(table.header, start=1):
            sheet.column_dimensions[get_column_letter(n)].width = max(10, 2.4 * len(title))
        sheet.append([cell(sheet, title, bold=True) for title in table.header])
        for number, row in enumerate(table.rows):
            if number == MAX_ROWS - 1:
                sheet.append([cell(sheet, "行数超过 Excel 上限，其余见 CSV")])
                break
            sheet.append([cell(sheet, value) for value in row])
    with beside(path) as temporary:
        book.save(temporary)


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


def _clean(value: Cell) -> Cell:
    return _CONTROL.sub(" ", value) if isinstance(value, str) else value


def _inert(value: Cell) -> Cell:
    """A CSV cell that a spreadsheet takes as text: a leading quote disarms =cmd() and its kin."""
    value = _clean(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
