"""A call that waits for a person's points says so wherever its score shows: 暂定, 待人工打分."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import true

from api.batch.scope import BatchScope
from api.batch.sheets import sheets as batch_sheets
from api.desk.desk import prepare_desk
from api.review.judging import reviews, submitting
from api.review.scores import scorecards
from api.settings import Settings
from api.store import CallFiling, Store
from api.transcripts.analyzer import TranscriptAnalyzer
from phrasebook import load
from qa_engine.report import Report
from qa_engine.report.html import render_html
from qa_engine.report.table import summary
from tests.api.desk.conftest import Town, settle
from tests.api.review.test_bonus import CALL, PACK

OPEN = "另有 20 分待人工打分"


@pytest.fixture
def made(tmp_path: Path) -> Report:
    """70 of 80 points, 20 that a person gives, a yes or no, and a bonus of 5."""
    (tmp_path / "pack.yaml").write_text(PACK, "utf-8")
    (tmp_path / "call.txt").write_text(CALL, "utf-8")
    return TranscriptAnalyzer(phrasebook=tmp_path / "pack.yaml").analyze(tmp_path / "call.txt")


@pytest.fixture
def filed(made: Report, tmp_path: Path) -> Iterator[Town]:
    store = Store.open(str(tmp_path / "calls.sqlite"))
    town = Town(store, Settings())
    settle(store)
    scorecards.ensure(store, load(tmp_path / "pack.yaml"))
    prepare_desk(store, town.settings)
    filing = CallFiling(agent="anna", team="early", started_at=datetime.now(UTC))
    store.save(made, filing, book=load(tmp_path / "pack.yaml"))
    yield town
    store.close()


def plain(page: str) -> str:
    """What a reader sees of a page."""
    bare = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", bare))


def test_the_report_tells_what_a_person_has_still_to_give(made: Report) -> None:
    assert made.score is not None
    assert made.score.to_give == 20
    assert {i.id: (i.manual, i.earned) for i in made.score.items} == {
        "words": (False, 70.0),
        "tone": (True, None),
        "leak": (True, None),
        "caring": (False, 5.0),
    }
    page = plain(render_html(made))
    assert page.count(OPEN) >= 3
    assert "语气 待人工打分 20" in page
    assert "泄密 待人工判断" in page
    assert "主动关怀 加分 +5" in page
    assert "5/0" not in page
    assert "不适用的项目" not in page


def test_the_terminal_tells_it_too(made: Report) -> None:
    console = Console(file=io.StringIO(), width=140, color_system=None)
    console.print(summary(made))
    assert isinstance(console.file, io.StringIO)
    assert f"93.8/100 合格 · 暂定：{OPEN}" in console.file.getvalue()


def test_every_page_of_the_desk_that_shows_the_score_tells_it(filed: Town) -> None:
    lead = filed.browser("lena")
    call = plain(lead.get("/desk/calls/" + _only(filed.store)).text)
    assert call.count(OPEN) >= 3
    assert "待人工打分 20" in call
    assert "加分 +5" in call
    assert "5/0" not in call
    assert "暂定" in plain(lead.get("/desk/search?agent=anna").text)
    board = lead.get("/desk/boards").text
    assert "1 通有分待人工打" in plain(board)
    assert "暂定" in plain(board)
    mine = filed.browser("anna").get("/desk/my").text
    assert "暂定" in plain(mine)
    assert OPEN in mine


@pytest.mark.parametrize(
    ("path", "told"),
    [("/desk/search.csv?agent=anna", ("待人工打分", "20")), ("/desk/boards.csv", ("人工打", "1"))],
)
def test_exports_have_a_column_of_it(filed: Town, path: str, told: tuple[str, str]) -> None:
    text = filed.browser("lena").get(path).content.decode("utf-8-sig")
    head, row = list(csv.reader(io.StringIO(text)))[:2]
    name, value = told
    at = next(n for n, title in enumerate(head) if name in title)
    assert float(row[at]) == float(value)


def test_the_workbook_tells_it_in_each_of_its_sheets(filed: Town) -> None:
    with filed.store.reading() as connection:
        found = {
            sheet.name: [dict(zip(sheet.header, row, strict=True)) for row in sheet.rows]
            for sheet in batch_sheets(connection, BatchScope(true(), true(), true(), true()))
        }
    assert found["通话"][0]["待人工打分"] == 20
    assert found["坐席"][0]["有分待人工打的通话数"] == 1
    items = {row["评分项"]: row for row in found["评分项"]}
    assert items["语气"]["得分"] == "待人工打分"
    assert items["主动关怀"]["满分"] == "加分，最多 5"
    assert (items["主动关怀"]["得分"], items["主动关怀"]["扣分"]) == (5, 0)


def test_a_person_who_gives_the_points_makes_the_total_final(filed: Town) -> None:
    call_id = _only(filed.store)
    review = reviews.begin(filed.store, call_id, purpose="sample", login="ines")
    submitting.submit(
        filed.store,
        review.id,
        login="ines",
        revision=review.revision,
        answers={"tone": {"points": 15}},
        comment="",
    )
    lead = filed.browser("lena")
    call = plain(lead.get(f"/desk/calls/{call_id}").text)
    assert "15/20" in call
    assert "待人工判断" not in call
    assert "暂定" not in plain(lead.get("/desk/search?agent=anna").text)
    assert "通有分待人工打" not in plain(lead.get("/desk/boards").text)


def _only(store: Store) -> Any:
    from sqlalchemy import select

    from api.store.tables import calls

    with store.reading() as connection:
        return connection.scalar(select(calls.c.id))
