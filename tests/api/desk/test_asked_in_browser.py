"""A question in a real browser: tried on stored calls as it is typed, its quote heard on the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.desk.desk import prepare_desk
from api.rulebook import versions
from api.rulebook.versions import Origin
from api.settings import Settings
from api.store import CallFiling
from qa_engine.events import HitPart
from qa_engine.meaning.answers import AnswerState
from qa_engine.report.model import ReportAnswer
from tests.api.desk.conftest import PASSWORD, Town
from tests.api.desk.visitor import Visitor, chromium, serving, until
from tests.api.meaning import scripted
from tests.api.review.sound import put_with_sound
from tests.qa_engine.meaning.asked_calls import judged, pack

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as started:
        yield started


@pytest.fixture
def model() -> Iterator[scripted.Server]:
    with scripted.serving() as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, model: scripted.Server) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        meaning_url=model.url,
        meaning_hosts=("127.0.0.1",),
        meaning_model="scripted-1",
    )


def answered(town: Town, folder: Path) -> int:
    """A call with sound, of which a question was answered; gives when its quote begins, in ms."""
    call_id = put_with_sound(town.store, folder)
    report = town.store.load(call_id)
    assert report is not None
    said = report.utterances[-1]
    quote = HitPart(
        utterance=said.id,
        begin_char=0,
        end_char=2,
        begin_ms=said.begin_ms,
        end_ms=said.end_ms,
    )
    answer = ReportAnswer(
        item="q", title="讲清", question="讲清了吗？", state=AnswerState.YES, quotes=(quote,)
    )
    filing = CallFiling(agent="anna", team="early")
    town.store.save(replace(report, answers=(answer,)), filing, book=pack(folder))
    return said.begin_ms


def test_a_lead_tries_a_question_and_hears_an_answers_quote(
    browser: Any, town: Town, tmp_path: Path, model: scripted.Server
) -> None:
    book = pack(tmp_path)
    versions.publish(town.store, book, note="", by="lena", follows=0, origin=Origin.IMPORT)
    prepare_desk(town.store, town.settings)
    begin_ms = answered(town, tmp_path)
    town.store.save(judged(book, call_id="c-1"), CallFiling(), book=book)
    with serving(town.store, town.settings) as base:
        lead = Visitor(browser, base)
        lead.log_in("lena", PASSWORD)
        page = lead.page
        lead.go("/desk/rules/piece?key=asks:问过需求")
        page.fill("#as-form [name=ask]", "坐席先问客户想要什么了吗？")
        page.click("#ask-calls")
        page.wait_for_selector("#asked li")
        tried = page.inner_text("#asked")
        assert "是" in tried
        assert "“您想”" in tried
        assert "坐席先问客户想要什么了吗？" in model.received[-1].decode()

        lead.go("/desk/calls/call-1")
        page.click(".answers [data-play]")
        until(page, f"document.getElementById('audio').currentTime >= {begin_ms / 1_000 - 1}")
        assert lead.wrong == []
        lead.context.close()
