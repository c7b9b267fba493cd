"""A submission can be taken back for some seconds, and then no more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from api.review.accounts import people
from api.review.accounts.people import AccountRole, Person
from api.review.errors import NotThere, Taken
from api.review.judging import (
    appeals,
    asking,
    draft_sheet,
    reviews,
    single_verdicts,
    submitting,
    withdrawing,
)
from api.review.scores import scorecards, snapshots
from api.review.tables import outcomes, sheet_findings, sheets, tasks
from api.review.tables import reviews as reviews_table
from api.store import Store, verdicts
from api.store.tables import audit
from tests.api.review.calls import put
from tests.qa_engine.report.sample_pack import pack

ANNA = Person(login="anna", name="Anna", role=AccountRole.AGENT, agent="anna")


@pytest.fixture
def desk(store: Store) -> Store:
    scorecards.ensure(store, pack())
    for login, role in (("ines", "inspector"), ("anna", "agent")):
        people.create_user(store, login, role=role)
    put(store)
    return store


def submitted(store: Store, why: str = "") -> int:
    task = asking.ask(store, "call-1", by="ines", why=why)
    with store.reading() as connection:
        purpose = connection.scalar(select(tasks.c.purpose).where(tasks.c.id == task))
    review = reviews.begin(store, "call-1", purpose=str(purpose), login="ines")
    loaded = store.load("call-1")
    assert loaded is not None
    single_verdicts.judge(store, review.id, login="ines", hit_id=loaded.hits[0].id, right=bool(why))
    with store.reading() as connection:
        missing = draft_sheet.sheet_of(connection, review)[0].missing
    answers = {name: {"points": 1} for name in missing} | review.answers["items"]
    submitting.submit(
        store, review.id, login="ines", revision=0, answers=answers, comment="", double_share=1.0
    )
    return review.id


def test_taken_back_nothing_of_it_counts_and_the_task_is_open_again(desk: Store) -> None:
    review = submitted(desk)

    task = withdrawing.withdraw(desk, review, login="ines")

    with desk.reading() as connection:
        for table in (outcomes, sheets, sheet_findings):
            assert connection.execute(select(table)).all() == [], table.name
        assert list(verdicts.standing(connection)) == []
        (row,) = connection.execute(select(tasks)).all()
        again = reviews.by_number(connection, review)
        trail = list(connection.scalars(select(audit.c.action).order_by(audit.c.n)))
    assert (row.id, row.state, row.locked_by) == (task, "open", "ines")
    assert (again.state, again.score, again.submitted_at) == ("draft", None, None)
    assert trail[-1] == "review.withdrawn"
    assert "review.submitted" in trail


def test_what_counted_before_counts_again(desk: Store) -> None:
    submitted(desk)
    with desk.reading() as connection:
        before = connection.execute(select(outcomes)).one()
        said = list(verdicts.standing(connection))
    second = submitted(desk, "坐席说录音里不是这样")
    with desk.reading() as connection:
        assert snapshots.current_id(connection, "call-1") != before.sheet

    withdrawing.withdraw(desk, second, login="ines")

    with desk.reading() as connection:
        assert connection.execute(select(outcomes)).one() == before
        assert list(verdicts.standing(connection)) == said


def test_after_some_seconds_it_stands(desk: Store) -> None:
    review = submitted(desk)
    long_ago = datetime.now(UTC) - withdrawing.OFFERED - timedelta(seconds=6)
    with desk.writing() as connection:
        connection.execute(update(reviews_table).values(submitted_at=long_ago))

    with pytest.raises(Taken, match="too late"):
        withdrawing.withdraw(desk, review, login="ines")


def test_what_somebody_answered_stands(desk: Store) -> None:
    review = submitted(desk)
    within = timedelta(days=7)
    appeals.appeal(desk, "call-1", review, by=ANNA, reason="请再听一遍录音", within=within)

    with pytest.raises(Taken):
        withdrawing.withdraw(desk, review, login="ines")


def test_only_who_submitted_takes_a_review_back(desk: Store) -> None:
    review = submitted(desk)

    with pytest.raises(NotThere):
        withdrawing.withdraw(desk, review, login="lena")


def test_a_call_that_waits_to_be_judged_blind_cannot_be_read(desk: Store) -> None:
    row: dict[str, Any] = {"call_id": "call-1", "purpose": "calibration", "seat": "ines"}
    row |= {
        "reasons": [],
        "priority": 1,
        "state": "open",
        "locked_by": "",
        "made_at": datetime.now(UTC),
    }
    with desk.writing() as connection:
        connection.execute(insert(tasks).values(row))

    with desk.reading() as connection:
        assert reviews.is_kept_blind(connection, "ines", "call-1")
        assert not reviews.is_kept_blind(connection, "lena", "call-1")
