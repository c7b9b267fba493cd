"""Plans pick, the same way each time; nothing is filed twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from api.review.errors import ReviewError
from api.review.sampling import drawing, plans
from api.review.sampling.bias import bias
from api.store import Store
from api.store.tables import calls
from tests.api.review.calls import put
from tests.api.review.test_queue import MONTH_AGO, draw, waiting


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
        drawing.flag_not_right(store, "call-2", rule="dont-know", begin_ms=900, by="anna")

    assert [row.call_id for row in waiting(store)] == ["call-2", "call-1"]
    assert "feedback" in waiting(store)[0].reasons


def test_the_bias_of_a_sample_is_told(store: Store) -> None:
    for number in range(4):
        put(store, number, agent=f"a{number % 3}")
    draw(store, ("random", 1))

    with store.reading() as connection:
        told = bias(connection, MONTH_AGO)

    assert (told.calls, told.sampled, told.agents) == (4, 3, 3)
    assert told.agents_unseen == ()
    assert next(p for p in told.plans if p.kind == "random").only == 3


def test_a_bad_plan_is_refused(store: Store) -> None:
    with pytest.raises(ReviewError):
        plans.make_plan(store, name="x", kind="gut feeling", amount=1, by="lena")


def test_every_draw_leaves_its_trace(store: Store) -> None:
    draw(store, ("fatal", 0))

    from api.store.tables import audit

    with store.reading() as connection:
        actions = connection.scalars(select(audit.c.action).order_by(audit.c.n)).all()
    assert actions == ["plan.made", "plan.drawn"]


def test_a_week_that_was_drawn_before_its_end_is_only_filled_up(store: Store) -> None:
    put(store, 1, days_ago=0.01)
    draw(store, ("random", 2))
    for number in range(2, 9):
        put(store, number, days_ago=0.01)

    assert draw(store) == 1
    assert draw(store) == 0


def test_two_who_draw_at_once_make_each_task_once(store: Store) -> None:
    for number in range(4):
        put(store, number)
    plans.make_plan(store, name="low", kind="low_score", amount=101, by="lena")

    with ThreadPoolExecutor(4) as crew:
        made = list(crew.map(lambda _: drawing.draw(store, since=MONTH_AGO, by="x"), range(4)))

    assert sum(made) == 4
