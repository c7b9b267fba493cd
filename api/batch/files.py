"""Sheets as files: an Excel workbook, CSV, JSON lines. What callers said is never a formula."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from api.batch.sheets import Cell, Sheet
from api.outputs import OutputError, beside

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot hold."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Where a spreadsheet might begin to calculate; the full-width signs count in Chinese Excel."""
_MOST_CHARS = 32_767
"""What one cell holds."""
_WIDTHS = {"原话": 60, "原因": 60, "说明": 44, "值": 44, "建议说法": 36, "文件": 36}
_WIDTHS |= {
    "通话": 19,
    "命中编号": 22,
    "规则": 22,
    "步骤": 22,
    "指标": 20,
    "开始时间": 17,
    "听到": 16,
}
_WIDTHS |= {"话术": 20, "坐席": 12}
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
            width = _WIDTHS.get(title, max(10.0, 2.6 * len(title)))
            sheet.column_dimensions[get_column_letter(n)].width = width
        sheet.append([cell(sheet, title, bold=True) for title in table.header])
        number = -1
        for number, row in enumerate(table.rows):
            if number == MAX_ROWS - 1:
                sheet.append([cell(sheet, "行数超过 Excel 上限，其余见 CSV")])
                break
            sheet.append([cell(sheet, value) for value in row])
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.header))}{number + 2}"
    try:
        with beside(path) as temporary:
            book.save(temporary)
    except OutputError as error:
        if not isinstance(error.__context__, PermissionError):
            raise
        reason = "permission denied; if a spreadsheet program holds it open, close it there"
        raise OutputError(path, reason) from None


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
    return _CONTROL.sub(" ", value)[:_MOST_CHARS] if isinstance(value, str) else value


def _inert(value: Cell) -> Cell:
    """A CSV cell that a spreadsheet takes as text: a leading quote disarms =cmd() and its kin."""
    value = _clean(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
