"""Tables of text ↔ an Excel workbook. Every cell is text or a number: a formula is never one."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterable
from contextlib import closing
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phrasebook.errors import Code, Problems
from phrasebook.model import Where
from phrasebook.sheets.layout import Column, Table, known_sheet, letters
from phrasebook.words import spell

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 64
MAX_CELL_CHARS = 32_767
ROWS_WITH_CHOICES = 2_000


def read_workbook(path: Path, problems: Problems) -> list[Table]:
    """The texts of every sheet; a formula is read as the text that was typed."""
    where = Where(path=str(path), line=0)
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError):
        problems.add(
            where, Code.BAD_WORKBOOK, "not an .xlsx workbook; expected one that Excel saved"
        )
        return []
    if unpacked > MAX_UNPACKED_BYTES:
        message = f"unpacks to {unpacked} bytes; at most {MAX_UNPACKED_BYTES} may be read"
        problems.add(where, Code.TOO_LARGE, message)
        return []
    return _read_sheets(path, where, problems)


def _read_sheets(path: Path, where: Where, problems: Problems) -> list[Table]:
    import openpyxl

    try:
        with warnings.catch_warnings():
            # openpyxl warns of Excel's own extensions, which hold nothing that is read here.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
            with closing(book):
                return [
                    Table(sheet.title, str(path), _read_rows(sheet, where, problems))
                    for sheet in book.worksheets
                ]
    except Exception as error:
        # openpyxl raises whatever a broken part of the archive makes it raise.
        message = f"cannot be read as a workbook ({type(error).__name__}); save it anew in Excel"
        problems.add(where, Code.BAD_WORKBOOK, message)
        return []


def _read_rows(sheet: Any, where: Where, problems: Problems) -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    filled = 0
    for cells in sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True):
        texts = tuple(map(text_of, cells))
        filled += any(texts)
        if filled > MAX_ROWS:
            message = f"sheet '{sheet.title[:40]}' has more than {MAX_ROWS} rows; expected fewer"
            problems.add(where, Code.TOO_LARGE, message)
            break
        rows.append(texts if any(texts) else ())
    return tuple(rows)


def text_of(value: Any) -> str:
    """A cell's value as its author sees it: 5 rather than 5.0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    text = getattr(value, "text", value)
    return str(text).replace("\r\n", "\n").replace("\r", "\n")


def write_workbook(tables: Iterable[Table], path: Path, problems: Problems) -> None:
    """Write a workbook with headings that explain themselves and choices to pick from.

    It is written in place: a caller that wants whole or nothing names a new file and renames it.
    """
    import openpyxl

    book = openpyxl.Workbook()
    for old in list(book.worksheets):
        book.remove(old)
    for table in tables:
        sheet = known_sheet(table.name)
        _write_sheet(book.create_sheet(table.name), table, sheet.columns if sheet else (), problems)
    problems.raise_any()
    book.save(path)


def _write_sheet(
    page: Worksheet, table: Table, columns: tuple[Column, ...], problems: Problems
) -> None:
    from openpyxl.styles import Alignment

    wrap = Alignment(vertical="top", wrap_text=True)
    for row, texts in enumerate(table.rows, start=1):
        for column, text in enumerate(texts):
            if not text:
                continue
            if len(text) > MAX_CELL_CHARS:
                message = (
                    f"the cell would hold {len(text)} characters; at most {MAX_CELL_CHARS} fit"
                )
                where = Where(path="", line=row, cell=table.where(row, column).cell)
                problems.add(where, Code.CELL_TOO_LONG, message)
                continue
            cell = page.cell(row=row, column=column + 1, value=text)
            cell.data_type = "s"
            cell.quotePrefix = text[0] in "=+-@"
            cell.alignment = wrap
    page.freeze_panes = "B2"
    for at, heading in enumerate(columns):
        _dress(page, at, heading)


def _dress(page: Worksheet, at: int, column: Column) -> None:
    """A heading that stands out, its Chinese name and note as a comment, a list to pick from."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    cell = page.cell(row=1, column=at + 1)
    cell.font = Font(bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor="1F4E79")
    note = f"{column.chinese}：{column.note}" if column.note else column.chinese
    cell.comment = Comment(note, "qa-engine", height=90, width=260)
    letter = letters(at)
    page.column_dimensions[letter].width = column.width
    if column.words:
        words = dict.fromkeys(spell(column.words, meaning) for meaning in column.words.values())
        choices = DataValidation(type="list", formula1=f'"{",".join(words)}"')
        choices.showErrorMessage = False
        page.add_data_validation(choices)
        choices.add(f"{letter}2:{letter}{ROWS_WITH_CHOICES}")
