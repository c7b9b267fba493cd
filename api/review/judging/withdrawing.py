"""Taking back what one has just submitted, before anybody has answered it.

For some seconds a submission is still its author's: withdrawn, the review is a draft again, its
call counts as it did before, and the audit trail tells both. Afterwards only an appeal or a review
that is asked for again make another sheet.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from api.review import notices
from api.review.errors import Taken
from api.review.judging import reviews
from api.review.judging.reviews import Review
from api.review.notices import NoticeKind
from api.review.sampling import queue
from api.review.scores import snapshots
from api.review.tables import appeals, tasks
from api.review.tables import reviews as reviews_table
from api.store import Store, audit
from api.store.tables import verdicts

OFFERED = timedelta(seconds=10)
"""How long the page offers it."""
_ON_THE_WAY = timedelta(seconds=5)


def withdraw(store: Store, number: int, *, login: str) -> int | None:
    """Make one's own submission of a moment ago a draft again; returns its task, locked.

    Raises NotThere, and Taken when it is too late or somebody has answered it.
    """
    with store.writing() as connection:
        connection.execute(
            select(reviews_table.c.id).where(reviews_table.c.id == number).with_for_update()
        )
        review = reviews.read_own(connection, number, login)
        _check(connection, review)
        assert review.submitted_at is not None
        frozen = snapshots.of_review(connection, review.id)
        if frozen is not None:
            snapshots.withdraw(connection, frozen)
        notices.take_back(connection, NoticeKind.REVIEWED, review.call_id, review.submitted_at)
        given = (verdicts.c.call_id == review.call_id, verdicts.c.by == login)
        connection.execute(delete(verdicts).where(*given, verdicts.c.at >= review.submitted_at))
        connection.execute(
            update(reviews_table)
            .where(reviews_table.c.id == number)
            .values(
                state="draft",
                revision=review.revision + 1,
                submitted_at=None,
                score=None,
                passed=None,
                fatal=False,
            )
        )
        audit.record(
            connection,
            who=login,
            action="review.withdrawn",
            subject=review.call_id,
            detail={"purpose": review.purpose, "score": review.score},
        )
        return _reopen(connection, review)


def _check(connection: Connection, review: Review) -> None:
    late = Taken("it is too late to take this back", key="undo_late")
    if review.state != "submitted" or review.submitted_at is None or review.purpose == "appeal":
        raise late
    if datetime.now(UTC) - review.submitted_at > OFFERED + _ON_THE_WAY:
        raise late
    objected = select(appeals.c.id).where(appeals.c.review == review.id)
    frozen = snapshots.of_review(connection, review.id)
    now = snapshots.current_id(connection, review.call_id)
    replaced = not review.blind and (frozen is None or frozen.id != now)
    if replaced or connection.scalar(objected) is not None:
        raise late


def _reopen(connection: Connection, review: Review) -> int | None:
    """The task is the inspector's again; a second look that was just asked for is not."""
    second = (
        tasks.c.call_id == review.call_id,
        tasks.c.purpose == "double",
        tasks.c.state == "open",
        tasks.c.locked_by == "",
        tasks.c.made_at >= review.submitted_at,
    )
    if review.purpose == "sample":
        connection.execute(delete(tasks).where(*second))
    task = reviews.task_of(connection, review)
    if task is None:
        return None
    again = {"state": "open", "done_at": None}
    connection.execute(update(tasks).where(tasks.c.id == task.id).values(again))
    queue.take(connection, task.id, review.inspector)
    return int(task.id)
