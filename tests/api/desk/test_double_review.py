"""A double review is blind: nowhere does its inspector read what the first one made of the call."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from api.review.judging import draft_sheet, reviews, single_verdicts, submitting
from api.review.scores import scorecards
from api.review.tables import outcomes
from api.store import Store
from api.store.tables import calls
from tests.api.desk.conftest import Browser, Town
from tests.api.desk.test_case import sampled

TELLING = ("judged=yes", "above=0", "conclusion=passed", "conclusion=failed", "sort=lowest")
"""Each says by itself what somebody made of a call."""


def judged(store: Store, login: str = "ines") -> None:
    """Every finding is wrong, every item right: far from what the machine said."""
    review = reviews.begin(store, "call-1", purpose="sample", login=login)
    report = store.load("call-1")
    assert report is not None
    for hit in report.hits:
        single_verdicts.judge(store, review.id, login=login, hit_id=hit.id, right=False)
    with store.reading() as connection:
        review = reviews.by_number(connection, review.id)
        sheet, _ = draft_sheet.sheet_of(connection, review)
    given: Any = {name: {"points": 1} for name in sheet.missing}
    told = {"revision": review.revision, "answers": given, "comment": "", "double_share": 1.0}
    submitting.submit(store, review.id, login=login, **told)


@pytest.fixture
def twice(town: Town) -> tuple[Browser, str]:
    """Ines judged the call; Ian takes it as a double review, after a new scorecard was published;
    his browser, and the page of his task."""
    sampled(town)
    judged(town.store)
    with town.store.reading() as connection:
        now = scorecards.current(connection)
    card = replace(now.card, pass_score=now.card.pass_score - 5)
    scorecards.publish(town.store, card, note="", by="lena", follows=now.version)
    ian = town.browser("ian")
    ian.get("/desk/queue")
    where = ian.post("/desk/queue/next").headers["location"]
    return ian, ian.get(where).text


def counts(town: Town) -> tuple[list[int], list[int], str]:
    """Breaches, prompts and waiting findings by the machine and by Ines, and her score."""
    names = ("hit_count", "trigger_count", "waiting_count")
    with town.store.reading() as connection:
        machine = connection.execute(select(*(calls.c[name] for name in names))).one()
        hers = connection.execute(select(*(outcomes.c[name] for name in names))).one()
        score = connection.scalar(select(outcomes.c.score))
    return list(machine), list(hers), f"{score:.1f}"


def test_the_queue_shows_the_machines_counts_and_no_score(
    town: Town, twice: tuple[Browser, str]
) -> None:
    machine, hers, score = counts(town)
    assert machine != hers

    for state in ("mine", "done"):
        page = twice[0].get(f"/desk/queue?state={state}").text
        (row,) = re.findall(r'<tr class="(?:locked)?">.*?</tr>', page, re.DOTALL)
        cells = re.findall(r'<td class="n">(.*?)</td>', row, re.DOTALL)
        assert [int(cell or 0) for cell in cells[2:5]] == machine
        assert '<span class="soft">—</span>' in cells[0]
        assert score not in row


def test_no_search_or_export_shows_or_betrays_the_first_result(
    town: Town, twice: tuple[Browser, str]
) -> None:
    ian, score = twice[0], counts(town)[2]

    listed = ian.get("/desk/search?agent=anna").text
    assert "待您独立评分" in listed
    said = ian.get("/desk/search?q=踢皮球").text
    assert 'class="line-link"' in said
    for page in (listed, said):
        assert score not in page
        assert 'class="points' not in page
    for query in TELLING:
        assert "没有符合条件的通话" in ian.get(f"/desk/search?agent=anna&{query}").text
    content = ian.get("/desk/search.csv?agent=anna").content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(content))
    told = {name: row[name] for name in ("得分", "机器得分", "评分来源", "扣分", "裁定", "操作人")}
    assert set(told.values()) == {""}
    assert row["结果"] == "待您独立评分"

    ines = town.browser("ines")
    assert score in ines.get("/desk/search?agent=anna&judged=yes").text


def test_the_closed_page_of_the_call_tells_why(twice: tuple[Browser, str]) -> None:
    answer = twice[0].get("/desk/calls/call-1")

    assert answer.status_code == 404
    assert "等着您独立评分" in answer.text


def test_both_reviews_are_made_by_one_version_of_the_scorecard(
    town: Town, twice: tuple[Browser, str]
) -> None:
    with town.store.reading() as connection:
        first, second = reviews.of_call(connection, "call-1")
        versions = [scorecards.by_id(connection, one.scorecard).version for one in (first, second)]
        assert scorecards.current(connection).version == 2

    assert versions == [1, 1]
    assert "评分表第 1 版" in twice[1]
