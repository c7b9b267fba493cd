"""Of what redaction covers, not a digit is in anything that is sent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.meaning.passes import answer_waiting
from api.meaning.writing import write_notes
from api.store import CallFiling, Store
from qa_engine.matching import Matcher
from qa_engine.meaning.transcript import transcript_of
from qa_engine.privacy import mask
from qa_engine.report import redacted
from tests.api.meaning.scripted import serving
from tests.api.meaning.stored import AGENT, CUSTOMER, asking, endpoint, judged, pack
from tests.qa_engine.privacy.forms import dictations, personal

PACK = """
asks:
  - {id: 问过需求, ask: 坐席是否先问客户想要什么？, yes: 问了, no: 没有问}
"""
A_CALL = 25


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Every byte that a server gets of the whole redaction corpus: request lines, headers, bodies,
    second askings and summaries included; as it was sent, and as a reader of its JSON has it."""
    folder = tmp_path_factory.mktemp("privacy")
    book = pack(folder, PACK)
    matcher = Matcher(book)
    sentences = [sentence for sentence, _, _ in personal()]
    calls = [
        [
            line
            for said in sentences[n : n + A_CALL]
            for line in ((AGENT, "您请讲"), (CUSTOMER, said))
        ]
        for n in range(0, len(sentences), A_CALL)
    ]
    roles = {"a": AGENT, "c": CUSTOMER}
    calls += [[(roles[said[0]], said[2:]) for said in turns] for turns, _, _ in dictations()]
    store = Store.open(str(folder / "calls.db"))
    for number, said in enumerate(calls):
        report = judged(book, said, call_id=f"c-{number:04}", matcher=matcher)
        filing = CallFiling(
            customer="13912345678",
            agent="80017",
            agent_name="王小明",
            source="13912345678_20260504.wav",
            data={"手机": "13912345678"},
        )
        store.save(report, filing, book=book)
    malformed = {0: "invalid", 7: "500"}
    with (
        serving(lambda number: malformed.get(number, "")) as server,
        asking(store, endpoint(server.url, call_chars=100_000, tokens_a_day=10**9)) as asker,
    ):
        tally = answer_waiting(store, asker)
        assert len(tally.calls) == len(calls)
        # The other things that are asked of a call go through the same door.
        for number in range(0, len(calls), 20):
            write_notes(store, asker, f"c-{number:04}")
    store.close()
    assert len(server.heads) == len(server.received)
    told = list(server.heads)
    for body in server.received:
        told.append(body.decode())
        asked = json.loads(body)
        told += [message["content"] for message in asked["messages"]]
        data = json.loads(asked["messages"][1]["content"])
        told += [line.get("text", "") for line in data["transcript"]]
    return "\n".join(told)


def test_no_personal_number_that_redaction_covers_is_in_any_request(wire: str) -> None:
    forms = list(personal())
    left = {number for sentence, number, _ in forms if number in mask(sentence)}
    leaked = {
        sentence
        for sentence, number, _ in forms
        if number not in left and (number in wire or sentence in wire)
    }
    assert len(forms) >= 400
    assert leaked == set()
    assert len(left) <= 0.01 * len(forms)


def test_a_number_that_was_dictated_over_several_turns_is_in_none(wire: str) -> None:
    leaked = [turns for turns, number, _ in dictations() if number in wire]
    assert leaked == []


def test_nothing_is_sent_of_who_called_whom(wire: str) -> None:
    for told in ("13912345678", "80017", "王小明", ".wav", "c-0000"):
        assert told not in wire


def test_a_report_that_is_not_covered_yet_is_covered_at_the_door(tmp_path: Path) -> None:
    book = pack(tmp_path, PACK)
    report = judged(book, [(AGENT, "您请讲"), (CUSTOMER, "我电话一三八零零一三八零零零")])
    assert "一三八零" not in transcript_of(report).data
    assert transcript_of(report).data == transcript_of(redacted(report)).data
