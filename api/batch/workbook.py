"""Sheets as an Excel workbook to sort, filter, print and fill in. No cell is ever a formula."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from api.batch.sheets.hits import VERDICT, VERDICTS
from api.batch.sheets.table import WorkbookSheet
from api.outputs import OutputError, beside
from api.spreadsheet import Cell, clean

CALL = "通话"
"""The sheet whose rows lead to the calls' pages."""
MOST_LINKS = 65_000
"""Excel repairs a sheet that holds more."""
MAX_ROWS = 1_048_575
"""What an Excel sheet holds below its header; the rest stands in the CSV, and the sheet says so."""
_FONT = "微软雅黑"
_WIDTHS = {
    **{
        "原话": 60,
        "原因": 60,
        "提醒": 60,
        "扣分原因": 60,
        "评分项": 22,
        "说明": 44,
        "值": 44,
        "建议说法": 36,
        "文件": 36,
    },
    **{"提醒": 60, "扣分原因": 60, "评分项": 22},
    **{"命中编号": 22, "规则": 22, "步骤": 22, "指标": 20, "话术": 20, "通话": 19},
    **{"开始时间": 17, "听到": 16, "流程": 14, "坐席": 12, "时长（秒）": 12, VERDICT: 14},
}
_WRAPPED = {"原话", "原因", "值", "提醒", "扣分原因"}
_ONE_DECIMAL = {"得分", "平均分", "时长（秒）", "合格率（%）"}
_TWO_DECIMALS = {"每通违规点", "识别置信度", "匹配度", "扣分", "待复核扣分"}


def write_workbook(
    path: Path, sheets: Iterable[WorkbookSheet], *, pages: Path | None = None
) -> None:
    """An .xlsx, beside `path` first; `pages`: where the pages of its calls lie, to lead there.

    Raises OutputError, as when Excel holds the file open.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font, NamedStyle

    book = Workbook(write_only=True)
    # The font of every cell that has none of its own: one that Chinese offices have.
    styles: Any = book
    styles._named_styles["Normal"].font = Font(name=_FONT, size=10)
    book.add_named_style(NamedStyle("表头", font=Font(name=_FONT, size=10, bold=True)))
    wrapped = Alignment(wrap_text=True, vertical="top")
    book.add_named_style(NamedStyle("文字", font=Font(name=_FONT, size=10), alignment=wrapped))
    for table in sheets:
        _write(book.create_sheet(table.name), table, pages)
    try:
        with beside(path) as temporary:
            book.save(temporary)
    except OutputError as error:
        if not isinstance(error.__context__, PermissionError):
            raise
        reason = "permission denied; if a spreadsheet program holds it open, close it there"
        raise OutputError(path, reason) from None


def _write(sheet: Any, table: WorkbookSheet, pages: Path | None) -> None:
    _lay_out(sheet, table)
    sheet.append([_cell(sheet, title, style="表头") for title in table.header])
    number = -1
    for number, row in enumerate(table.rows):
        if number == MAX_ROWS - 1:
            sheet.append([_cell(sheet, "行数超过 Excel 上限，其余见 CSV")])
            break
        cells = [
            _styled(sheet, title, value) for title, value in zip(table.header, row, strict=True)
        ]
        page = pages / f"{row[0]}.html" if pages and number < MOST_LINKS else None
        if page is not None and table.name == CALL and page.exists():
            cells[0].hyperlink = f"{page.parent.name}/{page.name}"
        sheet.append(cells)
    last = number + 2
    sheet.auto_filter.ref = f"A1:{_letter(len(table.header))}{last}"
    if VERDICT in table.header:
        _offer_verdicts(sheet, _letter(table.header.index(VERDICT) + 1), last)


def _lay_out(sheet: Any, table: WorkbookSheet) -> None:
    """Before the first row: a write-only sheet cannot go back."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.freeze_panes = "A2"
    for n, title in enumerate(table.header, start=1):
        width = _WIDTHS.get(title, max(10.0, 2.6 * len(title)))
        sheet.column_dimensions[_letter(n)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = "1:1"


def _offer_verdicts(sheet: Any, column: str, last: int) -> None:
    from openpyxl.worksheet.datavalidation import DataValidation

    offered = DataValidation("list", formula1=f'"{",".join(VERDICTS.values())}"', allow_blank=True)
    offered.error = f"请填 {' 或 '.join(VERDICTS.values())}"
    offered.add(f"{column}2:{column}{max(2, last)}")
    sheet.data_validations.append(offered)


def _styled(sheet: Any, title: str, value: Cell) -> Any:
    cell = _cell(sheet, value, style="文字" if title in _WRAPPED else "")
    if isinstance(value, datetime):
        cell.number_format = "yyyy-mm-dd hh:mm"
    elif isinstance(value, float) and title in _ONE_DECIMAL:
        cell.number_format = "0.0"
    elif isinstance(value, float) and title in _TWO_DECIMALS:
        cell.number_format = "0.00"
    return cell


def _cell(sheet: Any, value: Cell, *, style: str = "") -> Any:
    from openpyxl.cell import WriteOnlyCell

    made = WriteOnlyCell(sheet, value=clean(value))
    if isinstance(value, str):
        made.data_type = "s"
    if style:
        made.style = style
    return made


def _letter(column: int) -> str:
    from openpyxl.utils import get_column_letter

    return get_column_letter(column)
