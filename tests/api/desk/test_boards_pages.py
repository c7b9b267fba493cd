"""Boards on the screen and as files, and nobody sees another agent's."""

from __future__ import annotations

import csv
import io
import re

import openpyxl
import pytest

from tests.api.desk.conftest import Town
from tests.api.review.calls import put


@pytest.mark.parametrize("view", ["agents", "teams", "phrases", "steps", "conduct", "nonsense"])
@pytest.mark.parametrize("unit", ["day", "quarter"])
def test_every_board_opens(town: Town, view: str, unit: str) -> None:
    put(town.store)

    answer = town.browser("lena").get(f"/desk/boards?view={view}&unit={unit}")

    assert answer.status_code == 200
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert "pygal-chart" in answer.text


@pytest.mark.parametrize("on", ["1999-01-01", "2099-12-31", "x", "2026-02-30"])
def test_an_empty_or_odd_period_is_no_error(town: Town, on: str) -> None:
    assert town.browser("lena").get(f"/desk/boards?on={on}").status_code == 200


def test_the_files_hold_what_the_screen_shows(each_town: Town) -> None:
    town = each_town
    put(town.store, 1, agent="anna")
    put(town.store, 2, agent='=HYPERLINK("x")')
    browser = town.browser("lena")
    query = "view=agents&unit=quarter"
    screen = browser.get(f"/desk/boards?{query}").text
    table = re.findall(r'<table id="board">.*?</table>', screen, re.S)[0]
    shown = [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<td.*?</td>", table)]

    text = browser.get(f"/desk/boards.csv?{query}").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"/desk/boards.xlsx?{query}").content))
    sheet = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]

    assert len(rows) == len(sheet) == 3
    assert [row[0].removeprefix("'") for row in rows] == [row[0] for row in sheet]
    assert rows[1][0] == '\'=HYPERLINK("x")'
    assert {cell.data_type for cell in book.worksheets[0]["A"]} == {"s"}
    assert "anna" in shown
    assert float(rows[2][3]) == float(shown[shown.index("anna") + 3])


def test_an_agents_board_is_their_own_whatever_the_address_says(town: Town) -> None:
    put(town.store, 1, agent="anna")
    put(town.store, 2, agent="ada")
    browser = town.browser("anna")

    page = browser.get("/desk/my?agent=ada&unit=quarter").text

    assert "/desk/calls/call-1" in page
    assert "/desk/calls/call-2" not in page
    assert browser.get("/desk/boards?agent=ada").status_code == 403
    assert browser.get("/desk/boards.csv").status_code == 403
