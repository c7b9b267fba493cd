"""What was just filed is in the queue at once, the worst first, however old the call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from api.review.judging import by_workbook
from api.review.sampling import arrivals, plans, queue, schedule
from api.review.sampling.queue import Filters
from api.review.scores import scorecards
from api.review.tables import tasks
from api.store import Store
from api.store.tables import audit, calls
from tests.api.review.calls import put
from tests.qa_engine.report.sample_pack import pack

NOW = datetime.now(UTC)


@pytest.fixture
def site(store: Store) -> Store:
    scorecards.ensure(store, pack())
    plans.ensure_plans(store)
    return store


def filed(store: Store, number: int, *, days_ago: float = 40, **values: Any) -> str:
    name = put(store, number, days_ago=days_ago)
    plain = {"fatal": False, "score": 90.0, "passed": True, "waiting_count": 0, "confidence": 0.9}
    with store.writing() as connection:
        connection.execute(update(calls).where(calls.c.id == name).values(plain | values))
    return name


def queued(store: Store) -> list[str]:
    with store.reading() as connection:
        return [row.call_id for row in queue.page(connection, Filters(), login="ines")[0]]


def test_after_a_batch_the_worst_calls_come_first_and_none_is_left_out(site: Store) -> None:
    filed(site, 1, score=60.0, waiting_count=1)
    filed(site, 2, score=96.2, waiting_count=2)
    filed(site, 3, score=0.0, fatal=True, passed=False)
    filed(site, 4, score=54.3, waiting_count=5)
    filed(site, 5, score=99.0)
    filed(site, 6, score=None, passed=None)
    filed(site, 7, score=70.0, passed=None, waiting_count=1)

    schedule.run_due(site, NOW)

    assert queued(site) == ["call-3", "call-7", "call-4", "call-1", "call-2", "call-6"]
    with site.writing() as connection:
        assert queue.next_task(connection, Filters(), "ines") is not None
        assert [
            row.call_id for row in queue.page(connection, Filters(state="mine"), login="ines")[0]
        ] == ["call-3"]


def test_a_call_that_comes_late_is_drawn_at_once_and_not_in_the_next_period(site: Store) -> None:
    schedule.run_due(site, NOW)
    name = filed(site, 1, days_ago=100, fatal=True, score=0.0, passed=False)

    schedule.run_due(site, NOW + timedelta(minutes=1))

    assert queued(site) == [name]


def test_nothing_new_writes_nothing(site: Store) -> None:
    def rows() -> int:
        with site.reading() as connection:
            return connection.scalar(select(func.count()).select_from(audit)) or 0

    filed(site, 1, fatal=True)
    assert arrivals.draw_filed(site, NOW, by="schedule") == 1
    before = rows()
    assert arrivals.draw_filed(site, NOW, by="schedule") == 0
    assert rows() == before


def test_what_a_person_has_judged_or_an_archive_is_left_alone(site: Store) -> None:
    judged, old = filed(site, 1, fatal=True), filed(site, 2, fatal=True)
    with site.writing() as connection:
        by_workbook.rejudge(connection, judged, {"h-5-s1-1-dont-know-0": False}, by="lead")
        long_ago = NOW - arrivals.FRESH - timedelta(days=1)
        connection.execute(update(calls).where(calls.c.id == old).values(stored_at=long_ago))

    assert arrivals.draw_filed(site, NOW, by="schedule") == 0


def test_a_plan_that_is_off_or_has_no_rhythm_draws_nothing_by_itself(site: Store) -> None:
    with site.reading() as connection:
        known = [plan.id for plan in plans.all_plans(connection)]
    for number in known:
        plans.change_plan(site, number, active=False, by="lena")
    plans.make_plan(site, name="by hand", kind="fatal", amount=0, by="lena")
    filed(site, 1, fatal=True)

    assert arrivals.draw_filed(site, NOW, by="schedule") == 0
    with site.reading() as connection:
        assert not connection.execute(select(tasks)).all()
