"""A stored call's questions are answered by a server of the real protocol, or stay waiting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from api.meaning.endpoint import EndpointError, endpoint_of
from api.meaning.passes import answer_waiting, count_waiting
from api.settings import Settings
from api.store import Store, audit, tables
from phrasebook.model import Phrasebook
from qa_engine.meaning.answers import AnswerState, Untold
from qa_engine.report import Report
from qa_engine.rules.counting import Effect, Reason
from tests.api.meaning.scripted import Fault, serving
from tests.api.meaning.stored import SAID, asking, endpoint, fill, judged, many, pack


@pytest.fixture
def book(tmp_path: Path) -> Phrasebook:
    return pack(tmp_path)


def after(
    store: Store, book: Phrasebook, fault: Fault = lambda number: "", **more: object
) -> Report:
    """The report of a call once one pass is over."""
    fill(store, book, [judged(book)])
    with serving(fault) as server, asking(store, endpoint(server.url, **more)) as asker:
        answer_waiting(store, asker)
    report = store.load("c-1")
    assert report is not None
    return report


def states(report: Report) -> dict[str, str]:
    return {answer.item: answer.state.value for answer in report.answers}


def test_an_answer_stands_in_the_report_with_its_quote_and_all_it_hangs_on(
    store: Store, book: Phrasebook
) -> None:
    report = after(store, book)

    assert states(report) == {"讲清犹豫期": "yes", "问过需求": "yes", "催促": "yes", "安抚": "no"}
    answer = report.answers[0]
    (quote,) = answer.quotes
    text = report.utterances[quote.utterance].text
    assert text[quote.begin_char : quote.end_char] == "十五天"
    assert (answer.model, answer.fingerprint) == ("scripted-1 @ 127.0.0.1", "fp-1")
    assert answer.prompt
    assert answer.transcript
    assert answer.item_version
    assert count_waiting(store) == 0


def test_the_answer_that_takes_points_is_a_finding_on_trial(store: Store, book: Phrasebook) -> None:
    before = judged(book)
    report = after(store, book)

    found = {hit.rule: hit for hit in report.hits if hit.tier == "asked"}
    assert set(found) == {"催促", "安抚"}
    hit = found["催促"]
    assert (hit.effect, hit.effect_reason) == (Effect.WAITING, Reason.ON_TRIAL)
    assert hit.heard == "赶紧"
    assert hit.quote == SAID[4][1]
    assert hit.why == "坐席说到了。"
    assert report.score is not None
    assert before.score is not None
    assert report.score.total == before.score.total
    waits = {one.evidence: one.points for item in report.score.items for one in item.waiting}
    assert waits == {"ask-催促": 10.0, "ask-安抚": 10.0}


def test_a_report_says_once_that_questions_wait_until_they_are_answered(
    store: Store, book: Phrasebook
) -> None:
    assert [warning.code for warning in judged(book).warnings] == ["not_asked"]
    assert after(store, book).warnings == ()


def test_a_question_whose_condition_is_not_so_is_not_asked(store: Store, book: Phrasebook) -> None:
    fill(store, book, [judged(book, SAID[2:])])
    with serving() as server, asking(store, endpoint(server.url)) as asker:
        answer_waiting(store, asker)
        (sent,) = server.received
    report = store.load("c-1")
    assert report is not None
    assert (report.answers[0].state, report.answers[0].why) == ("not_applicable", "condition")
    assert "讲清犹豫期" not in sent.decode()


def test_everything_that_was_sent_is_in_the_audit_trail_without_its_words(
    store: Store, book: Phrasebook
) -> None:
    after(store, book)
    with store.reading() as connection:
        rows = connection.execute(
            select(tables.audit).where(tables.audit.c.action == "meaning.asked")
        ).all()
        assert list(audit.broken_links(connection)) == []
    (row,) = rows
    assert {"sent", "host", "model", "fingerprint", "prompt", "items", "tokens_in"} <= set(
        row.detail
    )
    told = json.dumps(row.detail, ensure_ascii=False)
    assert not any(text in told for _, text in SAID)


def test_an_answer_is_paid_for_once(store: Store, book: Phrasebook) -> None:
    fill(store, book, [judged(book)])
    with serving() as server, asking(store, endpoint(server.url)) as asker:
        answer_waiting(store, asker)
        fill(store, book, [judged(book)])
        answer_waiting(store, asker)
        assert len(server.received) == 1
    report = store.load("c-1")
    assert report is not None
    assert states(report)["讲清犹豫期"] == "yes"


def test_the_beginning_of_a_request_is_the_same_for_every_call_and_holds_no_words_of_one(
    store: Store, book: Phrasebook
) -> None:
    fill(store, book, [one for one in many(book, 3) if "c-001" not in one.call.id])
    with serving() as server, asking(store, endpoint(server.url, concurrency=1)) as asker:
        answer_waiting(store, asker)
        systems = {
            json.loads(body)["messages"][0]["content"].split("问题：")[0]
            for body in server.received
        }
        asked = [json.loads(body) for body in server.received]
    assert len(systems) == 1
    assert all(set(json.loads(one["messages"][1]["content"])) == {"transcript"} for one in asked)
    assert all((one["temperature"], one["seed"]) == (0, 7) for one in asked)


FAULTS = {
    "wrong quote": Untold.WRONG_QUOTE,
    "unknown id": Untold.UNKNOWN_ID,
    "no quote": Untold.NO_QUOTE,
    "invalid": Untold.MALFORMED,
    "refusal": Untold.REFUSED,
    "length": Untold.CUT,
    "400": Untold.REJECTED,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_answer_without_evidence_is_none(tmp_path: Path, book: Phrasebook, fault: str) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    report = after(store, book, lambda number: fault)
    store.close()
    assert {(one.state, one.why) for one in report.answers} == {
        (AnswerState.CANNOT_TELL, FAULTS[fault])
    }
    assert not [hit for hit in report.hits if hit.tier == "asked"]


@pytest.mark.parametrize(
    ("fault", "state"), [("odd", "cannot_tell"), ("left out", "yes"), ("fenced", "yes")]
)
def test_what_can_be_read_of_an_odd_answer_is_read(
    tmp_path: Path, book: Phrasebook, fault: str, state: str
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    report = after(store, book, lambda number: fault)
    store.close()
    assert states(report)["讲清犹豫期"] == state
    assert states(report)["催促"] == ("cannot_tell" if fault == "left out" else "yes")


@pytest.mark.parametrize("fault", ["429", "500", "503", "cut off", "no completion", "invalid"])
def test_what_goes_wrong_once_is_tried_again(tmp_path: Path, book: Phrasebook, fault: str) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    report = after(store, book, lambda number: fault if number == 0 else "")
    store.close()
    assert states(report)["讲清犹豫期"] == "yes"


@pytest.mark.parametrize("fault", ["500", "slow", "endless", "drip", "cut off", "redirect", "404"])
def test_what_goes_wrong_for_good_leaves_the_call_as_it_was_judged_and_waiting(
    tmp_path: Path, book: Phrasebook, fault: str
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    report = after(store, book, lambda number: fault, timeout_s=0.2)
    store.close()
    expected = "cannot_tell" if fault == "redirect" else "waiting"
    assert set(states(report).values()) == {expected}
    assert report.score == judged(book).score


def test_a_server_that_is_down_is_told_once_and_not_asked_for_every_call(
    tmp_path: Path, book: Phrasebook
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    fill(store, book, list(many(book, 12)))
    with asking(store, endpoint("http://127.0.0.1:9/v1", concurrency=1)) as asker:
        tally = answer_waiting(store, asker)
    assert tally.failed == 3
    assert tally.stopped == "127.0.0.1: cannot be reached"
    assert count_waiting(store) == 12
    store.close()


def test_a_server_that_knows_no_schema_is_asked_in_a_plainer_form(
    tmp_path: Path, book: Phrasebook
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    fill(store, book, list(many(book, 3)))
    with serving() as server, asking(store, endpoint(server.url, concurrency=1)) as asker:
        server.forms = ("",)
        answer_waiting(store, asker)
        forms = [
            json.loads(body).get("response_format", {}).get("type") for body in server.received
        ]
    assert forms[:4] == ["json_schema", "json_object", None, None]
    assert count_waiting(store) == 0
    store.close()


def test_only_a_host_that_the_site_named_is_asked() -> None:
    def of(**more: object) -> object:
        return endpoint_of(Settings(meaning_url="https://api.example/v1", **more))  # type: ignore[arg-type]

    assert endpoint_of(Settings()) is None
    with pytest.raises(EndpointError, match=r"api.example is not among meaning_hosts"):
        of(meaning_model="m")
    with pytest.raises(EndpointError, match=r"meaning_hosts"):
        of(meaning_model="m", meaning_hosts=("example",))
    with pytest.raises(EndpointError, match=r"meaning_model is missing"):
        of(meaning_hosts=("api.example",))
    assert of(meaning_hosts=("api.example",), meaning_model="m") is not None


def test_what_a_model_could_not_tell_is_asked_again_when_somebody_says_so_and_only_that(
    store: Store, book: Phrasebook
) -> None:
    fill(store, book, [judged(book)])
    with serving(lambda number: "left out" if number == 0 else "") as server:
        where = endpoint(server.url)
        with asking(store, where) as asker:
            first = answer_waiting(store, asker)
            assert answer_waiting(store, asker).calls == []
            second = answer_waiting(store, asker, again=True)
            assert answer_waiting(store, asker, again=True).calls == []
        system = json.loads(server.received[1])["messages"][0]["content"]
    assert first.why == {Untold.LEFT_OUT: 3}
    assert (second.answered, second.cannot_tell) == (3, 0)
    assert "讲清犹豫期" not in system
    report = store.load("c-1")
    assert report is not None
    assert states(report) == {"讲清犹豫期": "yes", "问过需求": "yes", "催促": "yes", "安抚": "no"}
