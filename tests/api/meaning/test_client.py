"""How a server is treated: waited for, asked several things at once, and never pressed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.meaning.client import Client, NotAnswered
from api.meaning.passes import answer_waiting
from api.store import Store
from tests.api.meaning.scripted import serving
from tests.api.meaning.stored import asking, endpoint, fill, judged, many, pack

ASKED = [{"role": "system", "content": "问题："}, {"role": "user", "content": '{"transcript":[]}'}]


def waits(fault: str) -> list[float]:
    """How long is waited before each new try, in s, until it is given up."""
    told: list[float] = []
    with serving(lambda number: fault) as server:
        client = Client(endpoint(server.url), sleep=told.append)
        with pytest.raises(NotAnswered):
            client.complete(ASKED, {})
        client.close()
        assert len(server.received) == len(told) + 1
    return told


def test_a_server_in_trouble_is_given_twice_as_long_each_time() -> None:
    first, second, third = waits("503")
    assert 0.375 <= first <= 0.625
    assert 0.75 <= second <= 1.25
    assert 1.5 <= third <= 2.5


def test_a_server_that_says_when_is_asked_then_and_never_later_than_half_a_minute() -> None:
    assert waits("429 after 3") == [3.0, 3.0, 3.0]
    assert waits("429 after 9000") == [30.0, 30.0, 30.0]


def test_several_questions_go_in_one_request_and_no_more_than_the_site_says(
    tmp_path: Path,
) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, [judged(book)])
    with serving() as server, asking(store, endpoint(server.url, items=3)) as asker:
        answer_waiting(store, asker)
        systems = [json.loads(body)["messages"][0]["content"] for body in server.received]
    store.close()
    assert [system.count('\n{"item"') for system in systems] == [3, 1]


def test_no_more_requests_run_at_once_than_the_site_says(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, list(many(book, 6)))
    with serving(slow_s=0.02) as server:
        with asking(store, endpoint(server.url, concurrency=2)) as asker:
            answer_waiting(store, asker)
        assert (len(server.received), server.most_at_once) == (6, 2)
    store.close()


def test_the_key_is_sent_to_its_server_and_shown_to_nobody() -> None:
    with serving() as server:
        client = Client(endpoint(server.url, key="sk-secret"))
        client.complete(ASKED, {})
        client.close()
        (head,) = server.heads
    assert "Authorization: Bearer sk-secret" in head
    assert "sk-secret" not in repr(endpoint("http://127.0.0.1/v1", key="sk-secret"))
