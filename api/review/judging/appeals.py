"""申诉: an agent objects once, in time, with a reason; another person answers, once, for good.

The answer has its own deadline, kept with the appeal. Past it nothing is decided by silence: the
appeal stands first in line, the boards count it, and until somebody answers the call counts for
nobody, neither as reviewed nor as the machine scored it. Waiting gains nobody anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from api.review.accounts.people import Person
from api.review.errors import NotAllowed, NotThere, ReviewError, Taken
from api.review.judging import reviews, submitting
from api.review.judging.reviews import LONGEST_COMMENT, Review
from api.review.tables import appeals, outcomes
from api.review.tables import reviews as reviews_table
from api.store import Store, audit
from api.store.agents import WHO
from api.store.tables import calls
from qa_engine.privacy import mask

SHORTEST_REASON = 5


def appeal(
    store: Store, call_id: str, review: int, *, by: Person, reason: str, within: timedelta
) -> int:
    """Object to a submitted review of one's own call; the answer is due `within` as well.

    Raises ReviewError, Taken, NotThere.
    """
    reason, now = mask(reason.strip()[:LONGEST_COMMENT]), datetime.now(UTC)
    if len(reason) < SHORTEST_REASON:
        raise ReviewError("say why, in a sentence", key="reason_short")
    with store.writing() as connection:
        judged = reviews.of(connection, review)
        call = connection.execute(select(calls).where(calls.c.id == call_id)).first()
        theirs = call is not None and call.agent and call.agent == by.agent
        if judged.call_id != call_id or not theirs:
            raise NotThere("no such review", key="not_there")
        if judged.submitted_at is None or judged.blind or judged.purpose == "appeal":
            raise Taken("there is nothing to appeal", key="no_appeal")
        if connection.execute(select(appeals).where(appeals.c.call_id == call_id)).first():
            raise Taken("this review was appealed already", key="appealed_already")
        if now > deadline(judged, within):
            raise Taken("the time to appeal is over", key="appeal_late")
        current = connection.execute(
            select(outcomes.c.score).where(outcomes.c.call_id == call_id)
        ).first()
        done = connection.execute(
            insert(appeals).values(
                call_id=call_id,
                review=review,
                by=by.login,
                reason=reason,
                made_at=now,
                due_at=now + within,
                state="open",
                score_before=current.score if current else judged.score,
            )
        )
        audit.record(
            connection,
            who=by.login,
            action="appeal.made",
            subject=call_id,
            detail={"review": review, "score": judged.score},
        )
        return int(done.inserted_primary_key[0])  # type: ignore[index]


def deadline(review: Review, within: timedelta) -> datetime:
    """The last moment to appeal."""
    return (review.submitted_at or review.saved_at) + within


def of(connection: Connection, number: int) -> Any:
    row = connection.execute(select(appeals).where(appeals.c.id == number)).first()
    if row is None:
        raise NotThere("no such appeal", key="not_there")
    return row


def waiting(connection: Connection, *, done: bool = False, limit: int = 200) -> list[Any]:
    """Appeals with their calls: the open ones, first due first, or the answered, newest first."""
    query = (
        select(
            appeals, WHO.label("agent"), calls.c.team, calls.c.started_at, reviews_table.c.inspector
        )
        .join(calls, calls.c.id == appeals.c.call_id)
        .join(reviews_table, reviews_table.c.id == appeals.c.review)
        .where(appeals.c.state != "open" if done else appeals.c.state == "open")
        .order_by(appeals.c.answered_at.desc() if done else appeals.c.due_at, appeals.c.id)
    )
    return list(connection.execute(query.limit(limit)).all())


def overdue(connection: Connection, now: datetime | None = None) -> list[str]:
    """The calls whose appeal should have been answered by now."""
    late = (appeals.c.state == "open", appeals.c.due_at < (now or datetime.now(UTC)))
    return list(connection.scalars(select(appeals.c.call_id).where(*late)))


def open_counts(
    connection: Connection, whose: Sequence[ColumnElement[bool]] = ()
) -> tuple[int, int]:
    """Appeals that wait for an answer, and how many of them past their deadline."""
    late = func.sum(case((appeals.c.due_at < datetime.now(UTC), 1), else_=0))
    query = select(func.count(), late).join(calls, calls.c.id == appeals.c.call_id)
    query = query.where(appeals.c.state == "open", *whose)
    waiting, overdue_now = connection.execute(query).one()
    return int(waiting), int(overdue_now or 0)


def is_overdue(appeal: Any, now: datetime | None = None) -> bool:
    """Whether the answer to this row of `appeals` is late."""
    late: bool = appeal.state == "open" and appeal.due_at < (now or datetime.now(UTC))
    return late


def may_answer(connection: Connection, number: int, person: Person) -> Any:
    """The open appeal. Nobody answers an appeal against their own review, or their own appeal."""
    row = of(connection, number)
    if row.state != "open":
        raise Taken("this appeal was answered", key="answered_already")
    if person.login in (reviews.of(connection, row.review).inspector, row.by):
        raise NotAllowed("another person must answer this appeal", key="own_review")
    return row


def open_answer(store: Store, number: int, person: Person) -> Review:
    """The decider's own sheet, begun with the answers that are objected to."""
    with store.reading() as connection:
        row = may_answer(connection, number, person)
        before = reviews.of(connection, row.review)
    return reviews.begin(
        store,
        row.call_id,
        purpose="appeal",
        login=person.login,
        answers=before.answers,
        scorecard=before.scorecard,
    )


def answer(store: Store, number: int, *, by: Person, accepted: bool, words: str) -> None:
    """Decide for good. Accepted: the decider's sheet becomes the score. Raises ReviewError."""
    words = mask(words.strip()[:LONGEST_COMMENT])
    if len(words) < SHORTEST_REASON:
        raise ReviewError("say why, in a sentence", key="reason_short")
    with store.writing() as connection:
        row = may_answer(connection, number, by)
        after = row.score_before
        if accepted:
            sheet = reviews.draft_of(connection, row.call_id, "appeal", by.login)
            submitting.finish(connection, sheet, reason=words)
            after = reviews.of(connection, sheet.id).score
        connection.execute(
            update(appeals)
            .where(appeals.c.id == number)
            .values(
                state="accepted" if accepted else "rejected",
                answered_by=by.login,
                answer=words,
                answered_at=datetime.now(UTC),
                score_after=after,
            )
        )
        audit.record(
            connection,
            who=by.login,
            action="appeal.answered",
            subject=row.call_id,
            detail={"accepted": accepted, "before": row.score_before, "after": after},
        )
