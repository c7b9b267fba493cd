"""Boards on the screen and as files, and nobody sees another agent's."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import select, update

from api.desk.desk import prepare_desk
from api.review.scores import scorecards
from api.store.tables import calls, hits
from tests.api.desk.conftest import Town
from tests.api.desk.test_charts import bars
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


def test_an_agent_reads_of_each_rule_what_counts_and_what_waits(town: Town) -> None:
    put(town.store, 1, agent="anna")
    with town.store.writing() as connection:
        rule = connection.scalar(select(hits.c.rule).where(hits.c.effect == "counted").limit(1))
        waits = update(hits).where(hits.c.rule == rule).values(effect="waiting")
        connection.execute(waits)
    page = town.browser("anna").get("/desk/my?unit=quarter").text

    head = re.search(r"<thead>(?:(?!</thead>).)*次数.*?</thead>", page, re.S)
    assert head is not None
    assert "待复核点" in head[0]
    body = page[head.end() : page.index("</table>", head.end())]
    rows = [re.findall(r'<td class="n">(\d*)</td>', row) for row in body.split("</tr>")[:-1]]
    assert rows
    for touched, times, waiting in rows:
        assert int(touched) <= int(times)
        assert int(times) + int(waiting or 0) > 0
    assert any(touched == times == "0" for touched, times, _ in rows)


def test_a_card_is_tried_compared_and_published_in_chinese(town: Town) -> None:
    prepare_desk(town.store, town.settings)
    put(town.store)
    lead = town.browser("lena")
    lead.get("/desk/scorecards")
    card = "total: 100\npass: 70\nitems:\n- {id: a, title: 用语, points: 100, feeds: ['s1-*']}\n"
    wrong = lead.post("/desk/scorecards", card=card.replace("s1-*", "conduct.raet"), follows="1")
    assert wrong.status_code == 400
    assert "是不是“conduct.rate”？" in wrong.text
    unequal = lead.post("/desk/scorecards", card=card.replace("points: 100", "points: 90"))
    assert "各项合计 90 分，与满分 100 不符" in unequal.text

    tried = lead.post("/desk/scorecards", card=card, follows="1", do="preview").text

    assert "试算：最近 1 通" in tried
    assert "合格线" in tried
    assert "已有的结论，不论机器还是人工，都不会变" in tried
    assert "起发布" not in lead.get("/desk/boards?unit=quarter").text
    assert lead.post("/desk/scorecards", card=card, follows="1", do="publish").status_code == 303
    page = lead.get("/desk/scorecards").text
    assert "比上一版" in page
    after = lead.get("/desk/boards?unit=quarter").text
    assert re.search(r"合格线 70 · \d{4}-\d\d-\d\d 起发布；之前评的按当时的合格线", after)
    assert "scaled: true" in lead.get("/desk/scorecards?base=1").text


def test_a_new_pass_mark_turns_no_result_that_stands(town: Town) -> None:
    prepare_desk(town.store, town.settings)
    put(town.store)
    with town.store.reading() as connection:
        score, passed = connection.execute(select(calls.c.score, calls.c.passed)).one()
        now = scorecards.current(connection)
    assert not passed
    card = replace(now.card, pass_score=score - 20)
    scorecards.publish(town.store, card, note="", by="lena", follows=now.version)

    page = town.browser("lena").get("/desk/boards?unit=quarter").text

    spread = page[page.index("stackedbar-graph") :]
    failed, green = spread.index("serie-0"), spread.index("serie-1")
    assert len(bars(spread[failed:green])) == 1
    assert bars(spread[green:]) == []
    assert ">0%<" in page


def test_a_board_is_in_the_order_of_any_column_on_the_screen_and_in_the_file(town: Town) -> None:
    for number, agent in enumerate(("王芳", "安娜", "陈立"), 1):
        for call in range(number):
            put(town.store, 10 * number + call, agent=agent)
    lead = town.browser("lena")

    def first(sort: str) -> list[str]:
        content = lead.get(f"/desk/boards.csv?view=agents&unit=quarter&sort={sort}").content
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        page = lead.get(f"/desk/boards?view=agents&unit=quarter&sort={sort}").text
        shown = re.findall(r'agent=[^"]*">([^<]+)</a></td><td>early', page)
        assert shown == [row[0] for row in rows[1:]]
        return shown

    assert first("agent") == ["安娜", "陈立", "王芳"]
    assert first("-agent") == ["王芳", "陈立", "安娜"]
    assert first("-calls") == ["陈立", "安娜", "王芳"]
    assert 'aria-sort="descending"' in lead.page
