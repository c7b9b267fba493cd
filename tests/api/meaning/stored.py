"""Stores of calls with questions, and somebody to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

from api.meaning.asking import Asker
from api.meaning.budget import Budget
from api.meaning.client import Client
from api.meaning.endpoint import Endpoint
from api.store import CallFiling, Store
from phrasebook.model import Phrasebook
from qa_engine.matching import Matcher
from qa_engine.report import Report
from tests.qa_engine.meaning.asked_calls import AGENT, CUSTOMER, SAID, judged, pack

__all__ = ["AGENT", "CUSTOMER", "SAID", "asking", "endpoint", "fill", "judged", "many", "pack"]


def fill(store: Store, book: Phrasebook, reports: Sequence[Report]) -> None:
    for report in reports:
        store.save(report, CallFiling(), book=book)


def many(book: Phrasebook, count: int) -> Iterator[Report]:
    """Calls that differ, so that no answer is another's."""
    matcher = Matcher(book)
    for number in range(count):
        ending = f"我是第{'零一二三四五六七八九'[number % 10]}位客户编号是{chr(0x7532 + number)}"
        said = [*SAID[number % 3 :], (CUSTOMER, ending)]
        yield judged(book, said, call_id=f"c-{number:03}", matcher=matcher)


def endpoint(url: str, **more: Any) -> Endpoint:
    return Endpoint(url=url, model="scripted-1", **{"timeout_s": 5.0, **more})


@contextmanager
def asking(
    store: Store,
    where: Endpoint,
    *,
    day: Callable[[], date] = lambda: date(2026, 5, 4),
    sleep: Callable[[float], None] = lambda seconds: None,
) -> Iterator[Asker]:
    client = Client(where, sleep=sleep)
    try:
        yield Asker(where, client, store, Budget(store, where, day=day))
    finally:
        client.close()
