"""Tables of text ↔ a folder of CSV files, one a sheet, as Excel opens and saves them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from phrasebook.errors import Code, Problems
from phrasebook.files import read_bytes
from phrasebook.model import Where
from phrasebook.sheets.layout import Table

FORMULA_SIGNS = "=+-@\t"
_MASK = "'"


def read_csv_files(files: Iterable[Path], problems: Problems) -> list[Table]:
    """The texts of every file: UTF-8, or the GBK that a Chinese Excel saves."""
    tables = (_read_file(file, problems) for file in files)
    return [table for table in tables if table is not None]


def _read_file(path: Path, problems: Problems) -> Table | None:
    where = Where(path=str(path), line=0)
    data = read_bytes(path, problems)
    if data is None:
        return None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        problems.add(where, Code.ENCODING, "neither UTF-8 nor GBK text; save it as CSV UTF-8")
        return None
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        problems.add(where, Code.SYNTAX, f"not valid CSV: {error}")
        return None
    return Table(path.stem, str(path), tuple(tuple(map(unmask, row)) for row in rows))


def write_csv_files(tables: Iterable[Table], folder: Path) -> None:
    """Write one file a table; what a spreadsheet would take for a formula is masked with '."""
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(tuple(map(mask, row)) for row in table.rows)
        (folder / f"{table.name}.csv").write_bytes(text.getvalue().encode("utf-8-sig"))


def mask(text: str) -> str:
    """`=1+1` → `'=1+1`: a spreadsheet shows it and does not run it."""
    return _MASK + text if text[:1] and text[0] in FORMULA_SIGNS + _MASK else text


def unmask(text: str) -> str:
    """The cell without the apostrophe that keeps a spreadsheet from taking it for a formula."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    is_masked = text[:1] == _MASK and text[1:2] and text[1] in FORMULA_SIGNS + _MASK
    return text[1:] if is_masked else text
