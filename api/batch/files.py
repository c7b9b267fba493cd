"""Sheets as CSV and reports as JSON lines. What callers said is never a formula."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from pathlib import Path

from api.batch.sheets.table import WorkbookSheet
from api.outputs import beside
from api.spreadsheet import inert


def write_csv(folder: Path, sheets: Iterable[WorkbookSheet]) -> None:
    """One CSV a sheet, with the mark that makes Excel read UTF-8."""
    for table in sheets:
        with (
            beside(folder / f"{table.name}.csv") as temporary,
            temporary.open("w", encoding="utf-8-sig", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow([inert(title) for title in table.header])
            writer.writerows([inert(value) for value in row] for row in table.rows)


def write_json_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """One object a line, UTF-8, written whole or not at all."""
    with beside(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
