"""Any call is found by what is known of it, and what is listed can be taken away."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import update

from api.desk.desk import prepare_desk
from api.review.judging import draft_sheet, reviews, single_verdicts, submitting
from api.store import CallFiling
from api.store.tables import calls
from tests.api.desk.conftest import Browser, Town
from tests.api.review.calls import report
from tests.qa_engine.report.sample_pack import pack

DAY = datetime(2026, 11, 20, 9, 30).astimezone()


def filed(town: Town) -> None:
    prepare_desk(town.store, town.settings)
    for number, agent, team, source, day in (
        (1, "anna", "早班", "0301_王_1.wav", DAY),
        (2, "ada", "晚班", "0302_李_2.wav", DAY.replace(day=21)),
        (3, "王芳", "晚班", "0303_赵_3.wav", DAY.replace(day=22)),
    ):
        filing = CallFiling(
            agent=agent, team=team, source=source, started_at=day, customer=f"c-{number}"
        )
        town.store.save(report(number), filing, book=pack())
    with town.store.writing() as connection:
        better = update(calls).where(calls.c.id == "call-2")
        connection.execute(better.values(score=91.0, passed=True))


def judged(town: Town) -> None:
    """call-1 by ines: one hit wrong, with a comment."""
    review = reviews.begin(town.store, "call-1", purpose="sample", login="ines")
    loaded = town.store.load("call-1")
    assert loaded is not None
    hit = loaded.hits[0].id
    single_verdicts.judge(town.store, review.id, login="ines", hit_id=hit, right=False)
    with town.store.reading() as connection:
        sheet, _ = draft_sheet.sheet_of(connection, review)
    submitting.submit(
        town.store,
        review.id,
        login="ines",
        revision=0,
        answers={name: {"points": 1} for name in sheet.missing},
        comment="开场不错，=HYPERLINK 之后再说",
    )


def listed(browser: Browser, query: str) -> list[str]:
    page = browser.get(f"/desk/search?{query}").text
    found = re.search(r'<table id="found">.*?</table>', page, re.S)
    return re.findall(r"/desk/calls/(call-\d)", found[0]) if found else []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("agent=anna", ["call-1"]),
        ("agent=王芳", ["call-3"]),
        ("team=晚班", ["call-3", "call-2"]),
        ("team=晚班&sort=oldest", ["call-2", "call-3"]),
        ("call=call-2", ["call-2"]),
        ("file=李", ["call-2"]),
        ("file=%25", []),
        ("customer=c-3", ["call-3"]),
        ("begin=2026-11-21&until=2026-11-21", ["call-2"]),
        ("agent=anna&begin=2026-11-20&until=2026-11-20", ["call-1"]),
        ("above=85", ["call-2"]),
        ("below=85&sort=oldest", ["call-1", "call-3"]),
        ("conclusion=passed", ["call-2"]),
        ("judged=yes", ["call-1"]),
        ("judged=no&sort=oldest", ["call-2", "call-3"]),
        ("rule=s1-1-dont-know&team=早班", []),
        ("rule=s1-2-not-my-job&sort=oldest", ["call-1", "call-2", "call-3"]),
        ("q=不归我管&agent=ada", ["call-2"]),
        ("q=没有人说过&agent=ada", []),
        ("begin=nonsense&agent=ada", ["call-2"]),
    ],
)
def test_a_call_is_found_by_what_is_known_of_it(
    each_town: Town, query: str, found: list[str]
) -> None:
    filed(each_town)
    judged(each_town)

    assert listed(each_town.browser("ines"), query) == found


def test_what_is_listed_goes_out_with_what_people_said(town: Town) -> None:
    filed(town)
    judged(town)
    browser = town.browser("ines")
    page = browser.get("/desk/calls/call-1").text
    total = re.findall(r'<output id="total">([^<]*)<', page)[0]

    text = browser.get("/desk/search.csv?agent=anna").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))

    assert float(row["得分"]) == float(total)
    assert row["评分来源"] == "复核"
    assert row["总评"].startswith("开场不错")
    assert "✗" in row["裁定"]
    assert row["扣分"]
    assert browser.get("/desk/search.xlsx?agent=anna").status_code == 200
    assert town.browser("anna").get("/desk/search.csv").status_code == 403


def test_every_call_can_be_reviewed_from_where_it_was_found(town: Town) -> None:
    filed(town)
    browser = town.browser("ines")
    assert "复核这通" in browser.get("/desk/calls/call-3").text

    where = browser.post("/desk/calls/call-3/review").headers["location"]

    assert where.startswith("/desk/tasks/")
    assert browser.get(where).status_code == 200
    assert town.browser("ian").post("/desk/calls/call-3/review").status_code in (303, 403, 409)


def test_a_board_leads_to_its_calls(town: Town) -> None:
    filed(town)
    browser = town.browser("lena")
    page = browser.get("/desk/boards?view=agents&unit=day&on=2026-11-21").text

    link = re.findall(r'href="/desk/search\?([^"]*)"', page)[0].replace("&amp;", "&")

    assert listed(browser, link) == ["call-2"]
    rules = browser.get("/desk/boards?view=phrases&unit=day&on=2026-11-21").text
    link = re.findall(r'href="/desk/search\?([^"]*rule=[^"]*)"', rules)[0].replace("&amp;", "&")
    assert listed(browser, link) == ["call-2"]


def spoken(town: Town, text: str) -> None:
    """One call in which this was said, and nothing else."""
    made = report(1)
    first = replace(made.utterances[0], text=text, words=())
    calm = replace(made, utterances=(first,), hits=(), held_back=())
    town.store.save(calm, CallFiling(agent="anna"), book=pack())


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("嗯，我，不知道。", "我不知道"),
        ("我不知道", "我 不 知道"),
        ("给您退100元", "一百元"),
        ("给您退一百元", "100元"),
        ("尾号是一三八", "138"),
        ("尾号是幺三八", "１３８"),
        ("请问您的号码", "請問您的號碼"),
        ("請問您的號碼", "请问您的号码"),
        ("我用 iPhone 打的", "iphone"),
    ],
)
def test_words_are_found_however_they_are_written(each_town: Town, said: str, typed: str) -> None:
    spoken(each_town, said)
    browser = each_town.browser("ines")

    page = browser.get("/desk/search", params={"q": typed}).text

    assert page.count("<mark>") == 1
    assert 'id="found"' in browser.get("/desk/search", params={"q": typed, "agent": "anna"}).text
    assert "<mark>" not in browser.get("/desk/search", params={"q": typed + "吗吗"}).text


def test_a_search_is_kept_under_a_name_for_whoever_kept_it(each_town: Town) -> None:
    town = each_town
    mine, other = town.browser("ines"), town.browser("ian")
    mine.get("/desk/search?agent=anna&below=60")
    kept = mine.post("/desk/searches", name="安娜低分", query="agent=anna&below=60&nonsense=1")
    assert kept.headers["location"] == "/desk/search?agent=anna&below=60.0"
    page = mine.get("/desk/search").text
    assert 'href="/desk/search?agent=anna&amp;below=60.0">安娜低分' in page
    assert "安娜低分" not in other.get("/desk/search").text
    number = re.findall(r'name="search" value="(\d+)"', page)[0]
    other.post("/desk/searches", do="forget", search=number)
    assert "安娜低分" in mine.get("/desk/search").text

    mine.post("/desk/searches", do="forget", search=number)

    assert "安娜低分" not in mine.get("/desk/search").text
    assert mine.post("/desk/searches", name="", query="agent=anna").status_code == 400


@pytest.mark.parametrize(
    ("login", "path", "told"),
    [
        ("ines", "/desk/search?begin=昨天", "2026-11-29"),
        ("ines", "/desk/search?until=2026-13-40", "2026-11-29"),
        ("ines", "/desk/search?below=八十", "请写成数字"),
        ("ines", "/desk/search?above=-1", "请写成数字"),
        ("ines", "/desk/queue?below=许多", "请写成数字"),
        ("adam", "/desk/audit?until=today", "2026-11-29"),
    ],
)
def test_a_filter_that_cannot_be_read_is_told_in_one_sentence(
    town: Town, login: str, path: str, told: str
) -> None:
    page = town.browser(login).get(path).text

    [sentence] = re.findall(r'<p class="problem" role="alert">(.*?)</p>', page)
    assert "没有按它筛选" in sentence
    assert told in sentence
    assert path.partition("=")[2] not in sentence


def test_filters_that_are_empty_or_right_tell_nothing(town: Town) -> None:
    page = town.browser("ines").get("/desk/search?begin=2026-11-01&until=&below=80.5&above=").text
    assert "没有按它筛选" not in page


def test_rules_scripts_and_calls_are_found_by_the_names_people_know_them_by(town: Town) -> None:
    filed(town)
    filing = CallFiling(agent="ada", started_at=DAY, data={"通话流水号": "C0042"})
    town.store.save(report(4), filing, book=pack())
    with town.store.writing() as connection:
        connection.execute(update(calls).values(script="other"))
        connection.execute(update(calls).where(calls.c.id == "call-2").values(script="all"))
    browser = town.browser("ines")

    assert listed(browser, "rule=推说不知道") == listed(browser, "rule=s1-1-dont-know") != []
    assert listed(browser, "script=全部") == listed(browser, "script=all") == ["call-2"]
    assert listed(browser, "call=C0042") == ["call-4"]
    assert listed(browser, "call=0042") == listed(browser, "rule=没有") == []
