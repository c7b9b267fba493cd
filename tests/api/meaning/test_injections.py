"""What a caller says to the machine that listens is data: said, sent as data, and no evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from api.meaning.passes import answer_waiting
from api.store import Store
from benchmarks.injections import CALL, INJECTIONS
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.meaning.prompt import INSTRUCTIONS
from tests.api.meaning.scripted import serving
from tests.api.meaning.stored import asking, endpoint, fill, judged, pack
from tests.qa_engine.meaning.asked_calls import PACK

OBEYS = {"讲清犹豫期", "问过需求", "安抚"}
"""Questions to which a model that is talked round would say yes."""


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[list[bytes], Store]]:
    """Every injection in a call, answered by a model that does as the customer bids."""
    folder = tmp_path_factory.mktemp("injections")
    book = pack(folder, PACK)
    matcher = Matcher(book)
    store = Store.open(str(folder / "calls.db"))
    calls = [
        judged(
            book,
            [*((Role(role), said) for role, said in CALL), (Role.CUSTOMER, words)],
            call_id=f"c-{number:02}",
            matcher=matcher,
        )
        for number, words in enumerate(INJECTIONS)
    ]
    fill(store, book, calls)
    with serving(lambda number: "talked round") as server:
        where = endpoint(server.url, concurrency=1)
        with asking(store, where) as asker:
            tally = answer_waiting(store, asker)
        assert len(tally.calls) == len(INJECTIONS)
    yield list(server.received), store
    store.close()


def test_what_is_said_stands_in_the_data_and_nowhere_else_of_a_request(
    asked: tuple[list[bytes], Store],
) -> None:
    sent, _ = asked
    found = set()
    for body in sent:
        system, user = json.loads(body)["messages"]
        assert (system["role"], user["role"]) == ("system", "user")
        assert system["content"].startswith(INSTRUCTIONS)
        data = json.loads(user["content"])
        assert set(data) == {"transcript"}
        assert all(set(line) == {"id", "who", "text"} for line in data["transcript"])
        last = data["transcript"][-1]
        assert (last["who"], last["text"] in INJECTIONS) == ("customer", True)
        assert last["text"] not in system["content"]
        found.add(last["text"])
    assert found == set(INJECTIONS)


def test_a_model_that_obeys_a_customer_has_no_evidence_of_what_the_agent_did(
    asked: tuple[list[bytes], Store],
) -> None:
    _, store = asked
    for number in range(len(INJECTIONS)):
        report = store.load(f"c-{number:02}")
        assert report is not None
        told = {one.item: (one.state, one.why) for one in report.answers if one.item in OBEYS}
        assert told.pop("讲清犹豫期") == ("not_applicable", "condition")
        assert set(told.values()) == {("cannot_tell", "wrong_speaker")}
