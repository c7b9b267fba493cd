"""What the scores of a period come to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from api.review.boards import agent_board, periods
from api.review.boards.periods import Unit
from api.review.boards.phrase_board import top_phrases
from api.review.boards.scope import BoardScope, whose
from api.review.boards.step_board import conduct, step_map
from api.review.judging.appeals import open_counts
from api.review.tables import appeals, outcomes, reviews
from api.store import CallFiling, Store
from api.store.tables import calls
from api.store.verdicts import Verdict, give
from qa_engine.report.model import ReportHit
from tests.api.review.calls import put, report
from tests.qa_engine.report.sample_pack import pack

NOON = datetime(2026, 11, 18, 12).astimezone()
ALL = BoardScope()


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
        row = agent_board.by_agent(connection, week, ALL)[0]
        spread = agent_board.distribution(connection, week, ALL)

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
        assert agent_board.trend(connection, day, ALL, 1)[0].calls == 2
        assert agent_board.trend(connection, day, BoardScope(agent="ada"), 1)[0].calls == 1
        assert agent_board.trend(connection, day, BoardScope(team="late"), 1)[0].calls == 0
        assert agent_board.trend(connection, day, BoardScope(team="late"), 1)[0].mean is None
        trend = agent_board.trend(connection, day, ALL)
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


def test_the_rows_of_a_board_add_up_to_what_it_counts_however_many_rules_there_are(
    store: Store,
) -> None:
    for number in range(40):
        made = report(number)
        hits = tuple(replace(hit, rule=f"{hit.rule}-{number}") for hit in made.hits)
        filing = CallFiling(agent="anna", started_at=datetime.now(UTC))
        store.save(replace(made, hits=hits), filing, book=pack())

    with store.reading() as connection:
        day = periods.holding(Unit.DAY, datetime.now(UTC))
        rows = top_phrases(connection, day, ALL)
        counted = connection.scalar(select(func.sum(calls.c.hit_count + calls.c.trigger_count)))
    assert len(rows) > 100
    assert sum(row.times for row in rows) == counted


def test_a_call_whose_appeal_is_late_counts_for_nobody_until_it_is_answered(store: Store) -> None:
    for number in (1, 2):
        put(store, number, days_ago=0)
    day = periods.holding(Unit.DAY, datetime.now(UTC))
    now = datetime.now(UTC)
    judged = {"purpose": "sample", "inspector": "ines", "state": "submitted", "revision": 0}
    judged |= {"scorecard": 1, "answers": {}, "fatal": False, "machine_score": 1.0}
    with store.writing() as connection:
        review = insert(reviews).values(call_id="call-1", opened_at=now, saved_at=now, **judged)
        made = connection.execute(review).inserted_primary_key
        assert made is not None
        row = {"call_id": "call-1", "review": made[0], "by": "anna", "reason": "x"}
        row |= {"made_at": now, "due_at": now + timedelta(hours=1), "state": "open"}
        connection.execute(insert(appeals).values(**row, score_before=1.0))

    def counted() -> tuple[int, int, int, tuple[int, int]]:
        with store.reading() as connection:
            return (
                agent_board.trend(connection, day, ALL)[-1].calls,
                sum(agent_board.distribution(connection, day, ALL)),
                top_phrases(connection, day, ALL)[0].calls,
                open_counts(connection, whose(connection, BoardScope(team="early"))),
            )

    assert counted() == (2, 2, 2, (1, 0))
    with store.writing() as connection:
        connection.execute(update(appeals).values(due_at=now - timedelta(hours=1)))
    assert counted() == (1, 1, 1, (1, 1))
    with store.writing() as connection:
        connection.execute(update(appeals).values(state="rejected"))
    assert counted() == (2, 2, 2, (0, 0))


def test_a_phrase_tells_how_often_it_was_right_by_the_last_word_of_people(store: Store) -> None:
    put(store, 1, days_ago=0)
    put(store, 2, days_ago=0)
    day = periods.holding(Unit.DAY, datetime.now(UTC))
    report = store.load("call-1")
    assert report is not None
    hit = next(one for one in report.hits if one.role == "agent")
    with store.writing() as connection:
        for call, right in (("call-1", False), ("call-1", True), ("call-2", False)):
            give(connection, verdict(call, hit, right=right))
        for _ in range(2):
            give(connection, verdict("call-1", replace(hit, id="missed:1"), missed=True))

    with store.reading() as connection:
        found = {row.id: row for row in top_phrases(connection, day, ALL, role="agent")}
        others = top_phrases(connection, day, ALL, role="customer")

    row = found[hit.rule]
    assert (row.precision.part, row.precision.whole, row.missed) == (1, 2, 1)
    assert row.precision.low < 0.5 < row.precision.high
    assert all(other.role == "customer" for other in others)


def verdict(call: str, hit: ReportHit, *, right: bool = True, missed: bool = False) -> Verdict:
    return Verdict(
        call_id=call,
        hit_id=hit.id,
        rule=hit.rule,
        utterance=hit.utterance,
        begin_char=hit.begin_char,
        end_char=hit.end_char,
        right=right,
        missed=missed,
        by="ines",
    )
