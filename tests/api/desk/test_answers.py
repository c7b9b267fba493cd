"""A language model's answer on the desk: its quotes as a hit's, with the second of sound under it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from api.desk.desk import prepare_desk
from api.review.sampling import drawing, plans
from api.review.tables import outcomes
from api.store import CallFiling, verdicts
from qa_engine.meaning.answers import AnswerState, Given, Provenance, Quoted
from qa_engine.meaning.joining import with_answers
from tests.api.desk.conftest import Town
from tests.api.desk.test_case import answers, opened
from tests.qa_engine.meaning.asked_calls import PACK, SAID, judged, pack

ITEM = "vague"
"""A name that feeds the desk's scorecard."""


def answered(town: Town, folder: Path) -> None:
    prepare_desk(town.store, town.settings)
    book = pack(folder, PACK.replace("讲清犹豫期", ITEM))
    given = {
        item: Given(
            item=item,
            state=state,
            why="",  # type: ignore[arg-type]
            reason="没有说退保能拿回什么",
            confidence=0.8,
            quotes=(Quoted(2, 0, 6), Quoted(4, 5, 9)),
            by=Provenance(model="scripted-1 @ 127.0.0.1", prompt="p", transcript="t"),
        )
        for item, state in ((ITEM, AnswerState.NO), ("问过需求", AnswerState.YES))
    }
    report = with_answers(judged(book), book, given)
    town.store.save(report, CallFiling(started_at=datetime.now(UTC)), book=book)
    plans.make_plan(town.store, name="all", kind="random", amount=99, by="lena")
    drawing.draw(town.store, since=datetime.now(UTC) - timedelta(days=3), by="lena")


def test_an_answer_is_read_heard_and_judged_like_a_hit(town: Town, tmp_path: Path) -> None:
    answered(town, tmp_path)
    browser, data = opened(town)
    page = browser.page

    for quote in (SAID[2][1][:6], SAID[4][1][5:9]):
        assert f"“{quote}”" in page
    places = re.search(r'class="card answers".*?</section>', page, re.S)
    assert places
    assert re.findall(r'data-play="(\d+)" data-lead="1000"', places[0])[:2] == ["4000", "8000"]
    assert "没有说退保能拿回什么" in places[0]
    assert "scripted-1 @ 127.0.0.1" in places[0]
    assert f'data-hit="ask-{ITEM}"' in page

    finding = re.search(rf'data-hit="ask-{ITEM}".*?class="tags">(.*?)</p>', page, re.S)
    assert finding
    assert "试行中" in finding[1]
    assert "置信度低" not in finding[1]

    review = data["review"]
    told = browser.send(
        "POST",
        f"/desk/api/reviews/{review['id']}/verdicts",
        {"hit": f"ask-{ITEM}", "right": True},
    )
    assert told.json()["total"] < review["total"]
    done = browser.send("POST", f"/desk/api/reviews/{review['id']}/submit", answers(review))
    with town.store.reading() as connection:
        (verdict,) = verdicts.standing(connection)
        assert (verdict.rule, verdict.right) == (ITEM, True)
        assert connection.scalar(select(outcomes.c.score)) == done.json()["total"]


def test_words_may_be_marked_as_what_a_question_missed(town: Town, tmp_path: Path) -> None:
    answered(town, tmp_path)
    browser, data = opened(town)
    rules = browser.client.get("/desk/api/calls/c-1/rules").text
    assert "问过需求" in rules or "问过需求" in str(data["rules"])
