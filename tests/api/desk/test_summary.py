"""A summary is drafted by the site's language model, edited, checked as a ticket, and never kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select

from api.desk.desk import prepare_desk
from api.meaning.endpoint import endpoint_of
from api.review.judging import calibration
from api.store import tables
from tests.api.desk.conftest import Town
from tests.api.meaning.scripted import Fault, Server, serving
from tests.api.meaning.stored import fill, judged, pack
from tests.api.review.calls import put

PAGE = "/desk/calls/call-1/summary"


@pytest.fixture
def called(town: Town) -> Town:
    prepare_desk(town.store, town.settings)
    put(town.store)
    return town


def with_model(town: Town, server: Server) -> Town:
    settings = town.settings.model_copy(
        update={
            "meaning_url": server.url,
            "meaning_hosts": ["127.0.0.1"],
            "meaning_model": "scripted-1",
        }
    )
    assert endpoint_of(settings) is not None
    return Town(town.store, settings)


def drafted(town: Town, fault: Fault = lambda number: "") -> tuple[int, str, Server]:
    with serving(fault) as server:
        answer = with_model(town, server).browser("ines").post(PAGE, do="draft")
    return answer.status_code, answer.text, server


def test_a_draft_says_who_wrote_it_and_stands_in_a_form_to_edit(called: Town) -> None:
    status, page, server = drafted(called)

    assert status == 200
    assert len(server.received) == 1
    assert "由语言模型 scripted-1 @ 127.0.0.1" in page
    assert "问题描述：客户询问犹豫期" in page
    assert page.count("<textarea") >= 1
    assert "检查结果" in page


def test_advice_stands_beside_the_agent_s_words_and_can_be_pinned(
    town: Town, tmp_path: Path
) -> None:
    prepare_desk(town.store, town.settings)
    book = pack(tmp_path)
    fill(town.store, book, [judged(book)])
    with serving(lambda number: "") as server:
        browser = with_model(town, server).browser("ines")
        page = browser.post("/desk/calls/c-1/summary", do="draft").text
        assert "不要催促" in page
        assert "“赶紧定吧”" in page
        browser.post("/desk/calls/c-1/pins", at="8", words="不要催促")

    assert "不要催促" in browser.get("/desk/calls/c-1").text


def test_nothing_of_it_is_kept(called: Town) -> None:
    before = called.store.load("call-1")
    _, _, _ = drafted(called)

    assert called.store.load("call-1") == before
    assert "客户询问犹豫期" not in called.browser("ines").get(PAGE).text
    with called.store.reading() as connection:
        asked = select(func.count()).where(tables.audit.c.action == "meaning.asked")
        assert connection.scalar(asked) == 1


def test_what_a_person_wrote_is_checked_without_any_model(called: Town) -> None:
    page = called.browser("ines").post(PAGE, do="check", summary="客户说了一堆", solved="no").text

    assert "需修改" in page
    assert "客户说了一堆" in page
    assert '<option value="no" selected>' in page
    assert 'value="draft"' not in page


@pytest.mark.parametrize("fault", ["refusal", "invalid"])
def test_a_model_that_does_not_answer_is_told_and_what_was_typed_stays(
    called: Town, fault: str
) -> None:
    with serving(lambda number: fault) as server:
        browser = with_model(called, server).browser("ines")
        answer = browser.post(PAGE, do="draft", summary="我自己写的")

    assert answer.status_code >= 400
    assert "语言模型没有回答" in answer.text
    assert "我自己写的" in answer.text


def test_what_was_typed_is_text_and_never_markup(called: Town) -> None:
    typed = "</textarea><script>alert(1)</script>"
    page = called.browser("ines").post(PAGE, do="check", summary=typed, written_by=typed).text

    assert "<script>alert(1)" not in page


def test_who_is_yet_to_judge_the_call_blind_drafts_nothing(called: Town) -> None:
    calibration.make(called.store, "call-1", title="一起听", inspectors=["ines", "ian"], by="lena")
    with serving(lambda number: "") as server:
        answer = with_model(called, server).browser("ines").post(PAGE, do="draft")

    assert answer.status_code == 404
    assert server.received == []


def test_an_agent_has_no_such_page(called: Town) -> None:
    assert called.browser("anna").get(PAGE).status_code in (403, 404)
