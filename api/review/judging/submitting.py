"""A review becomes final: its score counts, its task is done, now and then another repeats it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, update

from api.review import notices
from api.review.errors import ReviewError, Taken
from api.review.judging import draft_sheet, reviews, single_verdicts
from api.review.judging.reviews import LONGEST_COMMENT, Review
from api.review.notices import NoticeKind
from api.review.sampling import queue
from api.review.scores import snapshots
from api.review.scores.answers import GivenAnswers
from api.review.tables import people, tasks
from api.review.tables import reviews as reviews_table
from api.store import Store, audit
from api.store.tables import calls
from qa_engine.privacy import mask


def submit(
    store: Store,
    number: int,
    *,
    login: str,
    revision: int,
    answers: GivenAnswers,
    comment: str,
    double_share: float = 0.0,
) -> Review:
    """Make it final. Raises ReviewError naming what is unanswered, Taken when another holds the
    call."""
    with store.writing() as connection:
        review = reviews.lock_own_draft(connection, number, login)
        if review.purpose == "appeal":
            raise Taken("an appeal is decided with its answer", key="decide_there")
        reviews.write_draft(connection, review, revision, answers, comment)
        task = reviews.task_of(connection, review)
        if task is not None:
            queue.take(connection, task.id, login)
        finish(connection, reviews.by_number(connection, number))
        if task is not None:
            _close(connection, task.id)
        if review.purpose == "sample" and _drawn(review.call_id, double_share):
            _ask_again(connection, review)
        return reviews.by_number(connection, number)


def finish(connection: Connection, review: Review, *, reason: str = "") -> None:
    """Freeze the sheet; unless the review is blind, it is the call's from now on."""
    sheet, card = draft_sheet.sheet_of(connection, review)
    if sheet.missing:
        names = {line.item.id: line.item.title for line in sheet.lines}
        raise ReviewError(
            f"not answered yet: {', '.join(names[i] for i in sheet.missing)}", key="missing"
        )
    if sheet.waiting:
        told = "a fatal finding waits: say whether it is right, or it would pass unheard"
        raise ReviewError(told, key="fatal_waits")
    now = datetime.now(UTC)
    result = {"score": sheet.total, "passed": sheet.passed, "fatal": sheet.fatal}
    done = update(reviews_table).where(reviews_table.c.id == review.id)
    report = draft_sheet.judged_report(connection, review)
    connection.execute(done.values(state="submitted", submitted_at=now, **result))
    said, missed = single_verdicts.opinions(connection, review)
    snapshots.freeze(
        connection,
        call_id=review.call_id,
        source=reviews.source_of(review),
        author=review.inspector,
        reason=reason or review.answers.get("why", ""),
        report=report,
        said=said,
        missed=missed,
        answers=review.answers,
        card=card,
        sheet=sheet,
        review=review.id,
        counts=not review.blind,
    )
    if not review.blind:
        single_verdicts.hand_in(connection, review, report)
        if review.purpose != "appeal":
            _tell_agent(connection, review.call_id)
    audit.record(
        connection,
        who=review.inspector,
        action="review.submitted",
        subject=review.call_id,
        detail={"purpose": review.purpose, "score": sheet.total, "machine": review.machine_score},
    )


def acknowledge(store: Store, number: int, *, login: str, comment: str) -> None:
    """The agent has read it. Once."""
    with store.writing() as connection:
        done = (
            update(reviews_table)
            .where(reviews_table.c.id == number, reviews_table.c.state == "submitted")
            .values(
                state="acknowledged",
                acknowledged_at=datetime.now(UTC),
                acknowledgement=mask(comment[:LONGEST_COMMENT]),
            )
        )
        if not connection.execute(done).rowcount:
            raise Taken("this review is not waiting for you", key="already_done")
        subject = reviews.by_number(connection, number).call_id
        audit.record(
            connection, who=login, action="review.acknowledged", subject=subject, detail={}
        )


def _tell_agent(connection: Connection, call_id: str) -> None:
    """Whose call it is reads the result, and has some days to object. An appeal tells it itself."""
    whose = (
        select(calls.c.agent).where(calls.c.id == call_id, calls.c.agent != "").scalar_subquery()
    )
    logins = connection.scalars(
        select(people.c.login).where(people.c.agent == whose, people.c.active)
    )
    notices.tell(connection, logins.all(), NoticeKind.REVIEWED, call_id)


def _close(connection: Connection, number: int) -> None:
    values = {"state": "done", "done_at": datetime.now(UTC), "locked_by": "", "locked_until": None}
    connection.execute(update(tasks).where(tasks.c.id == number).values(values))


def _drawn(call_id: str, share: float) -> bool:
    """By a hash, so the same reviews each time: no person can pick which are checked."""
    digest = hashlib.sha256(f"double {call_id}".encode()).digest()
    return int.from_bytes(digest[:4]) < share * 2**32


def _ask_again(connection: Connection, review: Review) -> None:
    connection.execute(
        insert(tasks).values(
            call_id=review.call_id,
            purpose="double",
            seat="",
            reasons=[],
            priority=40,
            state="open",
            locked_by="",
            made_at=datetime.now(UTC),
        )
    )
