"""A question among the rules in the browser: a piece like any other, tried on stored calls."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.desk.desk import prepare_desk
from api.review.scores import scorecards
from api.rulebook import versions
from api.rulebook.forms import fields_of
from api.rulebook.in_force import in_force
from api.rulebook.versions import Origin
from api.settings import Settings
from api.store import CallFiling, verdicts
from api.store.verdicts import Verdict
from phrasebook.pieces import assembled, pieces_of
from qa_engine.meaning.answers import AnswerState, Given, Quoted
from qa_engine.meaning.joining import hit_id, with_answers
from tests.api.desk.conftest import Browser, Town
from tests.api.meaning.scripted import Server, serving
from tests.qa_engine.meaning.asked_calls import SAID, judged, pack

KEY = "asks:问过需求"
WORDED = (
    "id: 问过需求\ntitle: 问过需求\nask: 坐席先问客户想要什么了吗？\n'yes': 问了\n'no': 没有问\n"
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, server: Server) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        meaning_url=server.url,
        meaning_hosts=("127.0.0.1",),
        meaning_model="scripted-1",
    )


def ruled(town: Town, folder: Path, calls: int = 12) -> Browser:
    book = pack(folder)
    versions.publish(town.store, book, note="", by="lena", follows=0, origin=Origin.IMPORT)
    for number in range(calls):
        town.store.save(judged(book, call_id=f"c-{number:02}"), CallFiling(), book=book)
    browser = town.browser("lena")
    browser.get("/desk/rules")
    return browser


def asked(browser: Browser, text: str = WORDED) -> Any:
    return browser.send("POST", "/desk/api/rules/asked", {"key": KEY, "text": text})


def test_a_pack_with_questions_is_the_sum_of_its_pieces(tmp_path: Path) -> None:
    book = pack(tmp_path)
    assert KEY in pieces_of(book)
    assert assembled(pieces_of(book), name=book.name).version == book.version


def test_a_question_is_tried_on_ten_stored_calls_before_it_is_published(
    each_town: Town, tmp_path: Path, server: Server
) -> None:
    town = each_town
    browser = ruled(town, tmp_path)
    answer = asked(browser)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    assert len(rows) == 10
    assert {row["state"] for row in rows} == {"yes"}
    assert rows[0]["quotes"] == [[0, "您想"]]
    # The calls say the same, so that one answer serves them all.
    assert 0 < len(server.received) <= 10
    assert "坐席先问客户想要什么了吗？" in server.received[0].decode()
    rules = in_force(town.store)
    assert "坐席先问" not in pieces_of(rules.book)[KEY]
    report = town.store.load("c-00")
    assert report is not None
    assert {one.state.value for one in report.answers} == {"waiting"}


def test_a_question_is_tried_on_the_calls_that_it_applies_to(
    town: Town, tmp_path: Path, server: Server
) -> None:
    browser = ruled(town, tmp_path, calls=2)
    book = pack(tmp_path)
    for number in range(12):
        other = judged(book, SAID[2:], call_id=f"later-{number:02}")
        town.store.save(other, CallFiling(), book=book)
    rows = asked(browser, f"{WORDED}if: 命中:同意\n").json()["rows"]
    assert {row["call"] for row in rows} == {"c-00", "c-01"}


def test_a_questions_precision_is_on_the_board_and_on_the_rules_page(
    town: Town, tmp_path: Path
) -> None:
    ruled(town, tmp_path, calls=0)
    prepare_desk(town.store, town.settings)
    book = pack(tmp_path)
    said = Given(item="催促", state=AnswerState.YES, quotes=(Quoted(4, 6, 8),), confidence=0.9)
    for number in range(24):
        report = with_answers(judged(book, call_id=f"c-{number:02}"), book, {"催促": said})
        town.store.save(report, CallFiling(), book=book)
        with town.store.writing() as connection:
            verdicts.give(connection, verdict(f"c-{number:02}", right=number < 6))
    browser = town.browser("lena")
    board = browser.get("/desk/boards.csv?view=phrases&unit=quarter").content.decode("utf-8-sig")
    assert "催促,坐席,24,0,24,24,25.0,12.0,44.9,0" in board.splitlines()
    shown = browser.get("/desk/rules/piece?key=asks:催促").text
    assert re.search(r'id="answered">已归档通话的回答： 是 24</p>', shown)
    assert "现有裁定 24 个" in shown
    unanswered = browser.get(f"/desk/rules/piece?key={KEY}").text
    assert re.search(r'id="answered">已归档通话的回答： 待回答 24</p>', unanswered)
    listed = browser.get("/desk/rules?part=asks").text
    row = re.search(r"asks%3A%E5%82%AC%E4%BF%83.*?</tr>", listed, re.S)
    assert row
    assert "误报多" in row[0]
    assert "25%" in row[0]


def test_a_rule_that_no_item_of_the_desks_scorecard_takes_says_so(
    town: Town, tmp_path: Path
) -> None:
    browser = ruled(town, tmp_path, calls=0)
    prepare_desk(town.store, town.settings)

    def unfed(key: str) -> bool:
        return 'id="unfed"' in browser.get(f"/desk/rules/piece?key={key}").text

    assert not unfed(KEY)
    assert not unfed("entries:不知道")
    with town.store.reading() as connection:
        now = scorecards.current(connection)
    items = tuple(replace(item, feeds=("催促", "讲清*")) for item in now.card.items)
    card = replace(now.card, items=items)
    scorecards.publish(town.store, card, note="", by="lena", follows=now.version)
    assert unfed(KEY)
    assert unfed("entries:不知道")
    assert not unfed("asks:催促")
    assert not unfed("asks:讲清犹豫期")
    # What a customer says costs nobody points, whatever the card holds.
    assert not unfed("entries:同意")


def verdict(call_id: str, *, right: bool) -> Verdict:
    return Verdict(
        call_id=call_id,
        hit_id=hit_id("催促"),
        rule="催促",
        utterance=4,
        begin_char=6,
        end_char=8,
        right=right,
        by="ines",
    )


def test_a_question_with_mistakes_is_not_asked(town: Town, tmp_path: Path, server: Server) -> None:
    browser = ruled(town, tmp_path, calls=1)
    told = asked(browser, "id: 问过需求\nask: 坐席问了吗\n")
    assert (told.status_code, told.json()["key"]) == (400, "draft_wrong")
    assert server.received == []


def test_a_server_that_does_not_answer_is_told(town: Town, tmp_path: Path, server: Server) -> None:
    browser = ruled(town, tmp_path, calls=1)
    server.fault = lambda number: "404"
    told = asked(browser)
    assert (told.status_code, told.json()["key"]) == (400, "not_answered")


def test_a_question_is_listed_and_edited_as_a_form(town: Town, tmp_path: Path) -> None:
    browser = ruled(town, tmp_path, calls=1)
    assert "坐席是否先问客户想要什么？" in browser.get("/desk/rules?part=asks").text
    shown = browser.get(f"/desk/rules/piece?key={KEY}").text
    assert 'id="ask-calls"' in shown
    fields = {"ask": "坐席问了吗？", "wrong": "是", "audience": "复核"}
    fields |= {"example_yes": "您家里几口人\n您想要哪一款", "example_no": "我给您介绍一款"}
    body = {"key": KEY, "text": WORDED, "fields": fields}
    told = browser.send("POST", "/desk/api/rules/check", body).json()
    assert told["good"], told
    assert "ask: 坐席问了吗？" in told["text"]
    assert "wrong: 是" in told["text"]
    again = fields_of(KEY, told["text"])
    assert again is not None
    assert again["example_yes"] == fields["example_yes"]
    body = {"key": KEY, "text": told["text"], "fields": {**fields, "example_yes": ""}}
    told = browser.send("POST", "/desk/api/rules/check", body).json()
    assert "examples: 'no': - 我给您介绍一款" in " ".join(told["text"].split())


def test_only_those_who_may_hear_calls_may_try_a_question(town: Town, tmp_path: Path) -> None:
    ruled(town, tmp_path, calls=1)
    admin = town.browser("adam")
    admin.get("/desk/rules")
    assert asked(admin).status_code == 403
