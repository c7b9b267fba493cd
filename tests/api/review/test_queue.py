"""Plans pick, tasks wait, one inspector works on each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from api.review import queue, sampling
from api.review.errors import NotThere, ReviewError, Taken
from api.review.queue import Filters
from api.review.tables import tasks
from api.store import Store
from api.store.tables import calls
from tests.api.review.calls import put

MONTH_AGO = datetime.now(UTC) - timedelta(days=31)


def draw(store: Store, *plans: tuple[str, float]) -> int:
    for kind, amount in plans:
        sampling.make_plan(store, name=kind, kind=kind, amount=amount, by="lena")
    return sampling.draw(store, since=MONTH_AGO, by="lena")


def waiting(store: Store, login: str = "ines", **filters: object) -> list[queue.Waiting]:
    with store.reading() as connection:
        return queue.page(connection, Filters(**filters), login=login)[0]  # type: ignore[arg-type]


def test_the_random_plan_takes_as_many_of_each_agent(store: Store) -> None:
    for number in range(6):
        put(store, number, agent=("anna", "ada")[number % 2], days_ago=0.01)

    assert draw(store, ("random", 2)) == 4
    assert sorted(row.agent for row in waiting(store)) == ["ada", "ada", "anna", "anna"]


def test_drawing_again_adds_nothing_and_keeps_the_reasons(store: Store) -> None:
    put(store)
    draw(store, ("random", 1))

    assert draw(store, ("low_score", 101)) == 0
    assert waiting(store)[0].reasons == ("low_score", "random")


@pytest.mark.parametrize(
    ("kind", "amount", "picked"),
    [
        ("fatal", 0, True),
        ("low_score", 100, True),
        ("low_score", 0, False),
        ("low_confidence", 1, True),
        ("long", 1, True),
        ("long", 90, False),
        ("new_agent", 0, True),
        ("feedback", 0, False),
    ],
)
def test_a_plan_picks_what_it_says(store: Store, kind: str, amount: float, picked: bool) -> None:
    put(store)
    with store.writing() as connection:
        connection.execute(update(calls).values(fatal=True))

    assert draw(store, (kind, amount)) == picked


def test_an_agents_not_right_waits_near_the_front(store: Store) -> None:
    put(store, 1)
    put(store, 2)
    draw(store, ("random", 2))
    for _ in range(2):
        sampling.flag_not_right(store, "call-2", rule="dont-know", begin_ms=900, by="anna")

    assert [row.call_id for row in waiting(store)] == ["call-2", "call-1"]
    assert "feedback" in waiting(store)[0].reasons


def test_the_bias_of_a_sample_is_told(store: Store) -> None:
    for number in range(4):
        put(store, number, agent=f"a{number % 3}")
    draw(store, ("random", 1))

    with store.reading() as connection:
        told = sampling.bias(connection, MONTH_AGO)

    assert (told.calls, told.sampled, told.agents) == (4, 3, 3)
    assert told.agents_unseen == ()
    assert next(p for p in told.plans if p.kind == "random").only == 3


def test_a_bad_plan_is_refused(store: Store) -> None:
    with pytest.raises(ReviewError):
        sampling.make_plan(store, name="x", kind="gut feeling", amount=1, by="lena")


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
def test_filters_narrow_the_queue(store: Store, filters: dict[str, object], found: int) -> None:
    put(store, 1)
    put(store, 2, agent="ada")
    draw(store, ("random", 2))

    assert len(waiting(store, **filters)) == found


def test_every_draw_leaves_its_trace(store: Store) -> None:
    draw(store, ("fatal", 0))

    from api.store.tables import audit

    with store.reading() as connection:
        actions = connection.scalars(select(audit.c.action)).all()
    assert actions == ["plan.made", "plan.drawn"]
