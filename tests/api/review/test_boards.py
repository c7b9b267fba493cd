"""What the scores of a period come to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from api.review import boards, periods
from api.review.periods import Unit
from api.review.phrase_board import top_phrases
from api.review.scope import Scope
from api.review.step_board import conduct, step_map
from api.review.tables import outcomes
from api.store import Store
from api.store.tables import calls
from tests.api.review.calls import put

NOON = datetime(2026, 11, 18, 12).astimezone()
ALL = Scope()


@pytest.mark.parametrize(
    ("unit", "name", "begin", "end"),
    [
        (Unit.DAY, "2026-11-18", (2026, 11, 18), (2026, 11, 19)),
        (Unit.WEEK, "2026-W47", (2026, 11, 16), (2026, 11, 23)),
        (Unit.MONTH, "2026-11", (2026, 11, 1), (2026, 12, 1)),
        (Unit.QUARTER, "2026-Q4", (2026, 10, 1), (2027, 1, 1)),
    ],
)
def test_a_moment_lies_in_its_period(
    unit: Unit, name: str, begin: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    period = periods.holding(unit, NOON)

    assert period.name == name
    assert (period.begin.year, period.begin.month, period.begin.day) == begin
    assert (period.end.year, period.end.month, period.end.day) == end


@pytest.mark.parametrize("unit", list(Unit))
def test_periods_follow_each_other_without_gap(unit: Unit) -> None:
    row = periods.last(periods.holding(unit, NOON), 12)

    assert [one.end for one in row[:-1]] == [one.begin for one in row[1:]]
    assert periods.after(row[0]) == row[1]


def test_peoples_score_counts_where_there_is_one(store: Store) -> None:
    for number in (1, 2):
        put(store, number)
    with store.writing() as connection:
        connection.execute(
            insert(outcomes).values(
                call_id="call-1",
                score=100.0,
                passed=True,
                fatal=False,
                source="review",
                review=1,
                at=datetime.now(UTC),
            )
        )
        machine = connection.scalar(calls.select().with_only_columns(calls.c.score).limit(1))
    week = periods.holding(Unit.WEEK, datetime.now(UTC) - timedelta(days=1))

    with store.reading() as connection:
        row = boards.by_agent(connection, week, ALL)[0]
        spread = boards.distribution(connection, week, ALL)

    assert machine is not None
    assert row.mean == pytest.approx((100 + machine) / 2, abs=0.06)
    assert (row.calls, row.reviewed, row.passed.part >= 1) == (2, 1, True)
    assert sum(spread) == 2
    assert spread[19] == 1


def test_a_board_is_of_its_period_and_scope_only(store: Store) -> None:
    put(store, 1, agent="anna", days_ago=0)
    put(store, 2, agent="ada", days_ago=0)
    put(store, 3, agent="ada", days_ago=200)
    day = periods.holding(Unit.DAY, datetime.now(UTC))

    with store.reading() as connection:
        assert boards.overall(connection, day, ALL).calls == 2
        assert boards.overall(connection, day, Scope(agent="ada")).calls == 1
        assert boards.overall(connection, day, Scope(team="late")).calls == 0
        assert boards.overall(connection, day, Scope(team="late")).mean is None
        trend = boards.trend(connection, day, ALL)
    assert [row.calls for row in trend] == [0] * 11 + [2]
    assert trend[-1].name == day.name


def test_phrases_steps_and_conduct_are_counted(store: Store) -> None:
    put(store, 1, days_ago=0)
    put(store, 2, days_ago=0)
    day = periods.holding(Unit.DAY, datetime.now(UTC))

    with store.reading() as connection:
        phrases = top_phrases(connection, day, ALL)
        rows = step_map(connection, day, ALL, ["anna", "ada"], by=calls.c.agent)
        broken = conduct(connection, day, ALL)

    assert phrases[0].calls == 2
    assert all(row.title and row.times >= row.calls for row in phrases)
    assert {row.whole.whole for row in rows} == {2}
    assert all(row.cells[1].whole == 0 for row in rows)
    assert {row.calls for row in broken} == {2}
