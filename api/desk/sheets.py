"""A table of the desk as a file, CSV or workbook: the rows and figures of its page."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from api.spreadsheet import Cell, clean, inert

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def as_file(
    name: str, kind: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str
) -> Response:
    """To download as `name`.`kind` (csv or xlsx); `title`: of the workbook's sheet."""
    body = as_csv(head, rows) if kind == "csv" else as_workbook(title, head, rows)
    return Response(
        body,
        media_type="text/csv" if kind == "csv" else XLSX,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{kind}')}"},
    )


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a mark, so that Excel reads the Chinese."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([inert(cell) for cell in head])
    writer.writerows([[inert(cell) for cell in row] for row in rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_workbook(title: str, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    sheet = book.create_sheet(title[:31])
    book.remove(book.worksheets[0])
    _append(sheet, head)
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for row in rows:
        _append(sheet, row)
    sheet.freeze_panes = "A2"
    for column in sheet.columns:
        widest = max(2 * len(str(cell.value or "")) for cell in column)
        sheet.column_dimensions[column[0].column_letter].width = min(48, max(8, widest))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _append(sheet: Any, row: Sequence[Cell]) -> None:
    """A text stays a text, whatever it begins with."""
    sheet.append([clean(cell) for cell in row])
    for cell, value in zip(sheet[sheet.max_row], row, strict=True):
        if isinstance(value, str):
            cell.data_type = "s"
