"""Nothing in a table that goes out is a formula: cells and headers, desk and batch, every kind."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from openpyxl import load_workbook

from api.batch.files import write_csv
from api.batch.sheets.table import WorkbookSheet
from api.batch.workbook import write_workbook
from api.desk.sheets import as_csv, as_workbook
from api.spreadsheet import inert

SIGNS = "=+-@＝＋－＠\t\n\r"
EVIL = [f"{sign}cmd()" for sign in SIGNS]
HIDDEN = [" =1+1", "\u3000＝1", "\u200b=1", "\ufeff@SUM(A1)", "\x01=1", "\x00+1", "\x7f-1"]


@pytest.mark.parametrize("text", EVIL + HIDDEN)
def test_no_cell_of_a_csv_begins_a_formula(text: str) -> None:
    told = str(inert(text))

    assert told.startswith("'")
    assert not any(ord(sign) < 32 and sign not in "\t\n\r" for sign in told)


@pytest.mark.parametrize("text", ["王芳", "1001", "a=b", "话费 -20 元", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert inert(text) == text


@pytest.mark.parametrize("value", [-3, -2.5, None, True])
def test_numbers_stay_numbers(value: float | None) -> None:
    assert inert(value) is value


def _header(data: str) -> list[str]:
    return next(csv.reader(io.StringIO(data.removeprefix("\ufeff"), newline="")))


def test_header_and_cells_of_the_desk_are_guarded_alike() -> None:
    rows = list(csv.reader(io.StringIO(as_csv(EVIL, [EVIL]).decode("utf-8-sig"), newline="")))

    assert rows[0] == rows[1]
    assert all(cell.startswith("'") for cell in rows[0])


def test_header_and_cells_of_a_batch_are_guarded_alike(tmp_path: Path) -> None:
    write_csv(tmp_path, [WorkbookSheet("表", EVIL, [EVIL])])
    text = (tmp_path / "表.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert rows[0] == rows[1]
    assert all(cell.startswith("'") for cell in rows[0])


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    write_workbook(tmp_path / "batch.xlsx", [WorkbookSheet("表", EVIL, [EVIL])])
    (tmp_path / "desk.xlsx").write_bytes(as_workbook("表", EVIL, [EVIL]))

    for name in ("batch.xlsx", "desk.xlsx"):
        sheet = load_workbook(tmp_path / name)["表"]
        kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
        assert kinds == {"s"}, name


def test_the_columns_of_a_board_are_names_of_people(tmp_path: Path) -> None:
    """The heat map's columns are teams and agents: a header that somebody typed."""
    assert _header(as_csv(["step", "=1+1"], []).decode("utf-8-sig")) == ["step", "'=1+1"]
