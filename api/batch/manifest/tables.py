"""The rows of a manifest's file as text: CSV however it was saved, or an Excel workbook."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from api.batch.manifest.headings import is_header
from api.batch.manifest.values import clean
from api.batch.source import SourceError
from phrasebook.messages import say

__all__ = ["SUFFIXES", "ManifestError", "ManifestLine", "read_lines"]

SUFFIXES = frozenset((".csv", ".tsv", ".xlsx"))
_OLD_EXCEL = frozenset((".xls", ".et"))
_HEADER_WITHIN = 20
"""A report's title, its filters and its date may stand above the headings."""
_MOST_ROWS = 2_000_000


class ManifestError(SourceError):
    """A manifest cannot be used; tells every mistake, one a line."""


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One row, and its number in the file, from 1."""

    number: int
    cells: tuple[str, ...]


def read_lines(path: Path) -> tuple[ManifestLine, Iterator[ManifestLine]]:
    """The row of headings and the rows below it that hold anything. Raises ManifestError."""
    if path.suffix.lower() in _OLD_EXCEL:
        raise ManifestError(say("{path}: an old Excel file; save it as .xlsx or as CSV", path=path))
    rows = _from_workbook(path) if path.suffix.lower() == ".xlsx" else _from_text(path)
    above: list[ManifestLine] = []
    for line in rows:
        if is_header(line.cells):
            return line, rows
        above.append(line)
        if len(above) >= _HEADER_WITHIN:
            break
    first = above[0] if above else ManifestLine(1, ())
    rest = iter(above[1:])
    return first, rest


def _from_text(path: Path) -> Iterator[ManifestLine]:
    text = _decoded(path)
    if text.startswith("sep=") and (end := text.find("\n")) > 0:
        text = "\n" + text[end + 1 :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    begun = 1
    try:
        for row in reader:
            cells = tuple(map(clean, row))
            if any(cells):
                yield ManifestLine(begun, cells)
            begun = reader.line_num + 1
    except csv.Error as error:
        message = say(
            "{path}:{line}: not CSV ({error})", path=path, line=reader.line_num, error=error
        )
        raise ManifestError(message) from None


def _delimiter(text: str) -> str:
    """What parts the cells, by the first lines that hold any."""
    sample = "\n".join([line for line in text[:20_000].splitlines() if line.strip()][:5])
    return max(",\t;|", key=sample.count)


def _decoded(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "unreadable").lower()
        raise ManifestError(
            say("{path}: cannot read the manifest ({reason})", path=path, reason=reason)
        ) from None
    # Excel saves "Unicode text" as UTF-16, and on a Chinese Windows CSV as GB18030 unless told.
    marked = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ManifestError(
        say("{path}: neither UTF-8 nor GB18030 text; save it as CSV UTF-8", path=path)
    )


def _from_workbook(path: Path) -> Iterator[ManifestLine]:
    """The first sheet that has headings we know, or else the first."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
            with closing(book):
                sheets = [_rows(sheet) for sheet in book.worksheets]
    except Exception as error:
        # openpyxl raises whatever a broken part of the archive makes it raise.
        raise ManifestError(
            say(
                "{path}: not a workbook that can be opened ({kind}); save it anew in Excel",
                path=path,
                kind=type(error).__name__,
            )
        ) from None
    best = next(
        (rows for rows in sheets if any(is_header(row.cells) for row in rows[:_HEADER_WITHIN])),
        sheets[0] if sheets else [],
    )
    return iter(best)


def _rows(sheet: Any) -> list[ManifestLine]:
    rows = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        texts = tuple(map(_text, cells))
        if any(texts):
            rows.append(ManifestLine(number, texts))
        if number > _MOST_ROWS:
            break
    return rows


def _text(cell: Any) -> str:
    """A cell as it would be typed: 8001 rather than 8001.0, a date in the order of its parts."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return f"{cell.total_seconds():g}"
    return clean(str(cell))
