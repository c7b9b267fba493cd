"""Plans draw themselves: once for each period, however often and wherever one looks."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from api.desk.sampling_task import making_rounds
from api.review.boards.periods import Unit, before, holding
from api.review.errors import NotThere, ReviewError
from api.review.sampling import plans, schedule
from api.review.tables import draws, tasks
from api.store import Store, StoreError
from api.store.tables import calls
from tests.api.review.calls import put

NOW = datetime.now(UTC).astimezone().replace(hour=12, minute=0)
LAST_WEEK = before(holding(Unit.WEEK, NOW))


def plan(store: Store, kind: str = "random", amount: float = 2, every: str = "week") -> int:
    plans.make_plan(store, name=kind, kind=kind, amount=amount, every=every, by="lena")
    with store.reading() as connection:
        return plans.all_plans(connection)[-1].id


def filed(store: Store, *numbers: int, at: datetime = LAST_WEEK.begin) -> None:
    for number in numbers:
        put(store, number)
        with store.writing() as connection:
            here = update(calls).where(calls.c.id == f"call-{number}")
            connection.execute(here.values(started_at=at + timedelta(hours=9, minutes=number)))


def waiting(store: Store) -> int:
    with store.reading() as connection:
        return connection.scalar(select(func.count()).select_from(tasks)) or 0


def test_a_week_is_drawn_once_when_it_is_over(store: Store) -> None:
    plan(store)
    filed(store, 1, 2, 3)

    assert schedule.run_due(store, NOW) == 1
    assert waiting(store) == 2
    filed(store, 4)
    assert schedule.run_due(store, NOW + timedelta(minutes=1)) == 0
    assert waiting(store) == 2


def test_the_running_week_waits_for_its_end(store: Store) -> None:
    plan(store)
    filed(store, 1, 2, 3, at=holding(Unit.WEEK, NOW).begin)
    schedule.run_due(store, NOW)
    assert waiting(store) == 0

    assert schedule.run_due(store, NOW + timedelta(days=7)) == 1
    assert waiting(store) == 2


def test_two_servers_draw_a_period_once(store: Store) -> None:
    plan(store, "fatal")
    plan(store, amount=1)
    filed(store, 1, 2)
    with store.writing() as connection:
        connection.execute(update(calls).values(fatal=True))

    with ThreadPoolExecutor(4) as crew:
        done = list(crew.map(lambda _: schedule.run_due(store, NOW), range(4)))

    assert sum(done) == 2
    assert waiting(store) == 2


def test_one_draw_makes_up_for_an_outage(store: Store) -> None:
    plan(store, "low_score", 101, every="day")
    schedule.run_due(store, NOW - timedelta(days=9))
    filed(store, 1, at=NOW - timedelta(days=8))

    assert schedule.run_due(store, NOW) == 1
    assert waiting(store) == 1


def test_recordings_that_came_late_are_drawn_with_the_next_period(store: Store) -> None:
    plan(store, "low_score", 101)
    schedule.run_due(store, NOW)
    filed(store, 1)

    schedule.run_due(store, NOW + timedelta(days=7))

    assert waiting(store) == 1


@pytest.mark.parametrize(("every", "active"), [("", True), ("week", False)])
def test_a_plan_without_rhythm_or_switched_off_waits_for_a_hand(
    store: Store, every: str, active: bool
) -> None:
    number = plan(store, every=every)
    plans.change_plan(store, number, active=active, by="lena")
    filed(store, 1)

    assert schedule.run_due(store, NOW) == 0


def test_the_night_is_over_before_its_day_is_drawn() -> None:
    morning = NOW.replace(hour=5)
    daily = plans.Plan(
        id=1, name="", kind=plans.PlanKind.FATAL, amount=0, every=Unit.DAY, active=True
    )

    early, late = schedule.due(daily, morning), schedule.due(daily, morning.replace(hour=7))

    assert early is not None
    assert late is not None
    assert early.end == late.begin
    assert schedule.next_at(daily, morning) == late.end + schedule.SETTLE


def test_a_rhythm_is_given_and_taken(store: Store) -> None:
    number = plan(store, every="")
    plans.change_plan(store, number, every="month", by="lena")
    with store.reading() as connection:
        assert plans.all_plans(connection)[0].every is Unit.MONTH
    with pytest.raises(ReviewError):
        plans.change_plan(store, number, every="sometimes", by="lena")
    with pytest.raises(NotThere):
        plans.change_plan(store, 99, active=True, by="lena")


def test_a_running_server_makes_its_rounds(store: Store) -> None:
    plan(store)

    async def served() -> None:
        async with making_rounds(store, every_s=0.01):
            for _ in range(2_000):
                await asyncio.sleep(0.01)
                with store.reading() as connection:
                    if connection.scalar(select(draws.c.id)) is not None:
                        return

    asyncio.run(served())
    with store.reading() as connection:
        assert len(schedule.last_draws(connection)) == 1


def test_a_fault_does_not_end_the_rounds(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    looked: list[datetime] = []

    def failing(_: Store, now: datetime) -> int:
        looked.append(now)
        raise StoreError("gone") if len(looked) == 1 else ValueError("odd")

    monkeypatch.setattr("api.desk.sampling_task.run_due", failing)

    async def served() -> None:
        async with making_rounds(store, every_s=0.01):
            while len(looked) < 3:  # noqa: ASYNC110 - what is waited for happens in another thread
                await asyncio.sleep(0.01)

    asyncio.run(served())
    assert "samples were not drawn: gone" in caplog.text
    assert "ValueError" in caplog.text
