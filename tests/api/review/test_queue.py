"""Tasks wait, one inspector works on each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from api.review.errors import NotThere, Taken
from api.review.sampling import drawing, plans, queue
from api.review.sampling.queue import Filters
from api.review.sampling.waiting import Waiting
from api.review.tables import tasks
from api.store import Store
from tests.api.review.calls import put

MONTH_AGO = datetime.now(UTC) - timedelta(days=31)


def draw(store: Store, *wanted: tuple[str, float]) -> int:
    for kind, amount in wanted:
        plans.make_plan(store, name=kind, kind=kind, amount=amount, by="lena")
    return drawing.draw(store, since=MONTH_AGO, by="lena")


def waiting(store: Store, login: str = "ines", **filters: object) -> list[Waiting]:
    with store.reading() as connection:
        return queue.page(connection, Filters(**filters), login=login)[0]  # type: ignore[arg-type]


def test_a_locked_call_is_not_given_to_another(store: Store) -> None:
    put(store, 1)
    put(store, 2)
    draw(store, ("random", 2))
    with store.writing() as connection:
        first = queue.next_task(connection, Filters(), "ines")
        second = queue.next_task(connection, Filters(), "ian")
        third = queue.next_task(connection, Filters(), "lena")

    assert first != second
    assert third is None
    assert first is not None
    with pytest.raises(Taken, match="ines"), store.writing() as connection:
        queue.take(connection, first[0], "ian")


def test_a_lock_expires_and_can_be_handed_back(store: Store) -> None:
    put(store)
    draw(store, ("random", 1))
    number = waiting(store)[0].task
    with store.writing() as connection:
        queue.take(connection, number, "ines")
        queue.hand_back(connection, number, "ian")
    with pytest.raises(Taken), store.writing() as connection:
        queue.take(connection, number, "ian")

    with store.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        connection.execute(update(tasks).values(locked_until=long_ago))
        queue.take(connection, number, "ian")
        queue.hand_back(connection, number, "ian")
        queue.take(connection, number, "ines")


def test_a_seat_is_for_one_inspector(store: Store) -> None:
    put(store)
    draw(store, ("random", 1))
    with store.writing() as connection:
        connection.execute(update(tasks).values(seat="ian"))

    assert waiting(store, "ines") == []
    number = waiting(store, "ian")[0].task
    with pytest.raises(NotThere), store.writing() as connection:
        queue.take(connection, number, "ines")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"agent": "anna"}, 1),
        ({"agent": "nobody"}, 0),
        ({"team": "early"}, 2),
        ({"reason": "random"}, 2),
        ({"reason": "long"}, 0),
        ({"reason": 'x" OR 1=1'}, 0),
        ({"below": 0.0}, 0),
        ({"state": "done"}, 0),
        ({"state": "mine"}, 0),
        ({"purpose": "double"}, 0),
    ],
)
def test_filters_narrow_the_queue(store: Store, filters: dict[str, Any], found: int) -> None:
    put(store, 1)
    put(store, 2, agent="ada")
    draw(store, ("random", 2))

    assert len(waiting(store, **filters)) == found
