"""申诉: an agent objects once, in time, with a reason; another person answers, once, for good.

What is objected to is a review, or, where the site allows it, the score of the machine alone.

The answer has its own deadline, kept with the appeal. Past it nothing is decided by silence: the
appeal stands first in line, the boards count it, and until somebody answers the call counts for
nobody, neither as reviewed nor as the machine scored it. Waiting gains nobody anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from api.review import notices
from api.review.accounts import people
from api.review.accounts.people import Person
from api.review.errors import NotAllowed, NotThere, ReviewError, Taken
from api.review.judging import reviews, submitting, upheld
from api.review.judging.reviews import LONGEST_COMMENT, Review
from api.review.notices import NoticeKind
from api.review.records import Appeal, ListedAppeal
from api.review.scores import snapshots
from api.review.scores.amended import keys_of
from api.review.tables import appeals, outcomes
from api.review.tables import reviews as reviews_table
from api.store import Store, audit
from api.store.agents import WHO
from api.store.call_row import CallRow
from api.store.calls import load
from api.store.records import as_record, as_records
from api.store.tables import calls
from qa_engine.privacy import mask

SHORTEST_REASON = 5


def appeal(
    store: Store,
    call_id: str,
    review: int | None,
    *,
    by: Person,
    reason: str,
    within: timedelta,
    findings: Sequence[str] = (),
) -> int:
    """Object to a submitted review of one's own call, or (None) to what the machine alone has
    scored; `findings` names which. The answer is due `within` as well.

    Raises ReviewError, Taken, NotThere.
    """
    reason, now = mask(reason.strip()[:LONGEST_COMMENT]), datetime.now(UTC)
    if len(reason) < SHORTEST_REASON:
        raise ReviewError("say why, in a sentence", key="reason_short")
    with store.writing() as connection:
        row = connection.execute(select(calls).where(calls.c.id == call_id)).first()
        if row is None or not row.agent or row.agent != by.agent:
            raise NotThere("no such review", key="not_there")
        call = as_record(CallRow, row)
        score = _objectionable(connection, call, review, now=now, within=within)
        done = connection.execute(
            insert(appeals).values(
                call_id=call_id,
                review=review,
                by=by.login,
                reason=reason,
                made_at=now,
                due_at=now + within,
                state="open",
                score_before=score,
                findings=sorted(set(findings) & _judgeable(connection, call_id)),
            )
        )
        audit.record(
            connection,
            who=by.login,
            action="appeal.made",
            subject=call_id,
            detail={"review": review, "score": score},
        )
        notices.tell(connection, people.leads(connection), NoticeKind.APPEAL_MADE, call_id)
        return int(done.inserted_primary_key[0])  # type: ignore[index]


def _objectionable(
    connection: Connection, call: CallRow, review: int | None, *, now: datetime, within: timedelta
) -> float | None:
    """The score that is objected to. Raises Taken, NotThere."""
    made = select(appeals.c.id).where(appeals.c.call_id == call.id)
    score: float | None
    if review is None:
        if snapshots.current_id(connection, call.id) is not None or call.score is None:
            raise Taken("there is nothing to appeal", key="no_appeal")
        last, score = call.stored_at + within, call.score
    else:
        judged = reviews.by_number(connection, review)
        if judged.call_id != call.id:
            raise NotThere("no such review", key="not_there")
        if judged.submitted_at is None or judged.blind or judged.purpose == "appeal":
            raise Taken("there is nothing to appeal", key="no_appeal")
        # What the machine scored is another thing than what a person made of it.
        made = made.where(appeals.c.review.is_not(None) | (appeals.c.state == "open"))
        current = connection.execute(
            select(outcomes.c.score).where(outcomes.c.call_id == call.id)
        ).first()
        last, score = deadline(judged, within), current.score if current else judged.score
    if connection.execute(made).first():
        raise Taken("this was appealed already", key="appealed_already")
    if now > last:
        raise Taken("the time to appeal is over", key="appeal_late")
    return score


def _judgeable(connection: Connection, call_id: str) -> set[str]:
    frozen = snapshots.current(connection, call_id)
    report = frozen.report if frozen else load(connection, call_id)
    return keys_of(report) if report else set()


def last_of(connection: Connection, call_id: str) -> Appeal | None:
    """The newest appeal of a call; None where there is none."""
    query = select(appeals).where(appeals.c.call_id == call_id).order_by(appeals.c.id.desc())
    row = connection.execute(query.limit(1)).first()
    return None if row is None else as_record(Appeal, row)


def deadline(review: Review, within: timedelta) -> datetime:
    """The last moment to appeal."""
    return (review.submitted_at or review.saved_at) + within


def by_number(connection: Connection, number: int) -> Appeal:
    """Raises NotThere."""
    row = connection.execute(select(appeals).where(appeals.c.id == number)).first()
    if row is None:
        raise NotThere("no such appeal", key="not_there")
    return as_record(Appeal, row)


def waiting(connection: Connection, *, done: bool = False, limit: int = 200) -> list[ListedAppeal]:
    """Appeals with their calls: the open ones, first due first, or the answered, newest first."""
    query = (
        select(
            appeals, WHO.label("agent"), calls.c.team, calls.c.started_at, reviews_table.c.inspector
        )
        .join(calls, calls.c.id == appeals.c.call_id)
        .outerjoin(reviews_table, reviews_table.c.id == appeals.c.review)
        .where(appeals.c.state != "open" if done else appeals.c.state == "open")
        .order_by(appeals.c.answered_at.desc() if done else appeals.c.due_at, appeals.c.id)
    )
    return as_records(ListedAppeal, connection.execute(query.limit(limit)))


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


def is_overdue(appeal: Appeal, now: datetime | None = None) -> bool:
    """Whether its answer is late."""
    due = appeal.due_at
    return appeal.state == "open" and due is not None and due < (now or datetime.now(UTC))


def may_answer(connection: Connection, number: int, person: Person) -> Appeal:
    """The open appeal. Nobody answers an appeal against their own review, or their own appeal."""
    row = by_number(connection, number)
    if row.state != "open":
        raise Taken("this appeal was answered", key="answered_already")
    inspector = reviews.by_number(connection, row.review).inspector if row.review else ""
    if person.login in (inspector, row.by):
        raise NotAllowed("another person must answer this appeal", key="own_review")
    return row


def open_answer(store: Store, number: int, person: Person) -> Review:
    """The decider's own sheet, begun with the answers that are objected to."""
    with store.reading() as connection:
        row = may_answer(connection, number, person)
        frozen = snapshots.current(connection, row.call_id)
        before = reviews.by_number(connection, row.review) if row.review else None
        answers = reviews.first_answers(connection, row.call_id, "appeal")
    return reviews.begin(
        store,
        row.call_id,
        purpose="appeal",
        login=person.login,
        answers=before.answers if before and not frozen else answers,
        scorecard=before.scorecard if before else None,
    )


def answer(store: Store, number: int, *, by: Person, accepted: bool, words: str) -> None:
    """Decide for good. Accepted: the decider's sheet becomes the score. Raises ReviewError, also
    where an accepted appeal would change nothing.
    """
    words = mask(words.strip()[:LONGEST_COMMENT])
    if len(words) < SHORTEST_REASON:
        raise ReviewError("say why, in a sentence", key="reason_short")
    with store.writing() as connection:
        row = may_answer(connection, number, by)
        after = row.score_before
        if accepted:
            sheet = reviews.draft_of(connection, row.call_id, "appeal", by.login)
            upheld.check_changed(connection, row, sheet)
            submitting.finish(connection, sheet, reason=words)
            after = reviews.by_number(connection, sheet.id).score
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
        judge = reviews.by_number(connection, row.review).inspector if row.review else ""
        told = {row.by, judge} - {by.login}
        notices.tell(connection, told, NoticeKind.APPEAL_ANSWERED, row.call_id)
