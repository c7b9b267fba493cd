"""Answers join a report as findings that wait, or count once their question is proven."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from phrasebook.model import Phrasebook
from qa_engine.events import Tier
from qa_engine.meaning.answers import AnswerState, Given, Provenance, Quoted, Untold
from qa_engine.meaning.applying import asked_of
from qa_engine.meaning.joining import hit_id, waiting, with_answers
from qa_engine.report import Report
from qa_engine.report.html import render_html
from qa_engine.rules.counting import Conclusion, Effect, Reason
from qa_engine.rules.record import NOTHING_KNOWN
from tests.qa_engine.meaning.asked_calls import PACK, SAID, judged, pack

YES, NO = AnswerState.YES, AnswerState.NO
BY = Provenance(model="m @ h", fingerprint="fp", prompt="p1", transcript="t1")
NOT_ON_TRIAL = PACK.replace("    points: 20\n", "    points: 20\n    audience: 坐席\n").replace(
    "severity: 高}", "severity: 高, audience: 坐席}"
)


def given(item: str, state: AnswerState, utterance: int = 0, end: int = 4) -> dict[str, Given]:
    quotes = (Quoted(utterance, 0, end),)
    one = Given(item=item, state=state, reason="说明", confidence=0.7, quotes=quotes, by=BY)
    return {item: one}


def total(report: Report) -> float:
    assert report.score is not None
    return report.score.total


def earned(report: Report) -> dict[str, float | None]:
    assert report.score is not None
    return {item.id: item.earned for item in report.score.items}


@pytest.fixture
def book(tmp_path: Path) -> Phrasebook:
    return pack(tmp_path, NOT_ON_TRIAL)


def test_a_question_on_trial_takes_nothing_and_waits(book: Phrasebook) -> None:
    before = judged(book)
    after = with_answers(before, book, given("讲清犹豫期", NO))
    (hit,) = [hit for hit in after.hits if hit.tier is Tier.ASKED]
    assert (hit.effect, hit.effect_reason, hit.points) == (Effect.WAITING, Reason.ON_TRIAL, 0.0)
    assert total(after) == total(before)
    assert earned(after)["说明"] is None


def test_a_proven_question_takes_its_points(book: Phrasebook) -> None:
    before = judged(book)
    after = with_answers(before, book, given("讲清犹豫期", NO), proven={"讲清犹豫期"})
    (hit,) = [hit for hit in after.hits if hit.tier is Tier.ASKED]
    assert (hit.effect, hit.points) == (Effect.COUNTED, 20.0)
    assert earned(after)["说明"] == 20.0
    assert total(after) < total(before)


def test_a_proven_question_whose_answer_is_right_makes_its_item_count(book: Phrasebook) -> None:
    before = judged(book)
    assert earned(before)["说明"] is None
    after = with_answers(before, book, given("讲清犹豫期", YES), proven={"讲清犹豫期"})
    assert earned(after)["说明"] == 40.0
    assert not [hit for hit in after.hits if hit.tier is Tier.ASKED]


def test_a_proven_question_that_the_phrasebook_keeps_on_trial_stays_there(tmp_path: Path) -> None:
    book = pack(tmp_path)
    after = with_answers(judged(book), book, given("讲清犹豫期", NO), proven={"讲清犹豫期"})
    assert [hit.effect_reason for hit in after.hits if hit.tier is Tier.ASKED] == [Reason.ON_TRIAL]


def test_answering_again_replaces_what_was_answered(book: Phrasebook) -> None:
    before = judged(book)
    wrong = with_answers(before, book, given("讲清犹豫期", NO), proven={"讲清犹豫期"})
    right = with_answers(wrong, book, given("讲清犹豫期", YES), proven={"讲清犹豫期"})
    once = with_answers(before, book, given("讲清犹豫期", YES), proven={"讲清犹豫期"})
    assert right == once
    untold = given("讲清犹豫期", AnswerState.CANNOT_TELL)["讲清犹豫期"]
    none = {"讲清犹豫期": replace(untold, quotes=(), why=Untold.REFUSED)}
    again = with_answers(wrong, book, none, proven={"讲清犹豫期"})
    assert total(again) == total(before)
    assert again.hits == before.hits


def test_a_fatal_question_on_trial_holds_nothing_up_and_a_proven_one_waits(tmp_path: Path) -> None:
    fatal = NOT_ON_TRIAL.replace("audience: 坐席}", "audience: 坐席, fatal: 是}")
    book = pack(tmp_path, fatal)
    before = judged(book)
    on_trial = with_answers(before, book, given("催促", YES, 4))
    assert on_trial.conclusion is before.conclusion
    proven = with_answers(before, book, given("催促", YES, 4), proven={"催促"})
    assert proven.conclusion is Conclusion.TO_REVIEW


def test_words_that_were_not_understood_may_have_been_what_is_missing(book: Phrasebook) -> None:
    heard = judged(book)
    lines = list(heard.utterances)
    lines[2] = replace(lines[2], intelligible=False)
    unclear = replace(heard, utterances=tuple(lines))
    after = with_answers(unclear, book, given("讲清犹豫期", NO), proven={"讲清犹豫期"})
    (hit,) = [hit for hit in after.hits if hit.tier is Tier.ASKED]
    assert (hit.effect, hit.reason) == (Effect.WAITING, "unheard")


def test_what_quotes_the_same_words_as_a_phrase_is_another_breach(book: Phrasebook) -> None:
    before = judged(book)
    (phrase,) = [hit for hit in before.hits if hit.rule == "不知道"]
    asked = given("讲清犹豫期", NO, phrase.utterance, len(phrase.quote))
    after = with_answers(before, book, asked, proven={"讲清犹豫期"})
    assert [hit.effect for hit in after.hits if hit.kind == "forbidden"] == [Effect.COUNTED] * 2


def test_several_quotes_are_the_parts_of_one_finding(book: Phrasebook) -> None:
    two = replace(given("讲清犹豫期", NO)["讲清犹豫期"], quotes=(Quoted(4, 0, 3), Quoted(0, 0, 2)))
    after = with_answers(judged(book), book, {"讲清犹豫期": two})
    (hit,) = [hit for hit in after.hits if hit.id == hit_id("讲清犹豫期")]
    assert [part.utterance for part in hit.parts] == [0, 4]
    assert hit.heard == f"{SAID[0][1][:2]}…{SAID[4][1][:3]}"


def test_questions_wait_until_each_is_answered(book: Phrasebook) -> None:
    report = judged(book)
    assert [ask.id for ask in waiting(report, book)] == ["讲清犹豫期", "问过需求", "催促", "安抚"]
    report = with_answers(report, book, given("催促", NO))
    assert [ask.id for ask in waiting(report, book)] == ["讲清犹豫期", "问过需求", "安抚"]
    (warning,) = [warning for warning in report.warnings if warning.code == "not_asked"]
    assert warning.message.startswith("3 ")


def test_the_questions_of_another_phrasebook_are_found_for_a_report(book: Phrasebook) -> None:
    assert [ask.id for ask in asked_of(judged(book), book, NOTHING_KNOWN)] == [
        *("讲清犹豫期", "问过需求", "催促", "安抚")
    ]
    short = judged(book, SAID[2:])
    assert "讲清犹豫期" not in [ask.id for ask in asked_of(short, book, NOTHING_KNOWN)]


def test_the_page_shows_question_answer_quote_and_who_answered(book: Phrasebook) -> None:
    page = render_html(with_answers(judged(book), book, given("讲清犹豫期", NO)))
    for told in ("坐席是否讲清了犹豫期有多少天？", "说明", "m @ h", f"“{SAID[0][1][:4]}”"):
        assert told in page
    assert 'data-t="effect_on_trial"' in page
    assert 'data-t="answer_waiting"' in page
