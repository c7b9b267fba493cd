"""A review on request: of a call that was not drawn, or again of one that was judged."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select

from api.review.errors import NotThere, ReviewError
from api.review.judging import reviews
from api.review.records import Task
from api.review.sampling import queue
from api.review.scores import snapshots
from api.review.tables import tasks
from api.store import Store, audit
from api.store.records import as_record
from api.store.tables import calls
from qa_engine.privacy import mask

SHORTEST_REASON = 5
PRIORITY = 90


def ask(store: Store, call_id: str, *, by: str, why: str = "") -> int:
    """A task of this call for `by`, locked; returns its number.

    A call that people judged before wants a reason, which stands beside the new sheet. Raises
    NotThere, ReviewError, Taken.
    """
    why = mask(why.strip()[: reviews.LONGEST_COMMENT])
    with store.writing() as connection:
        if connection.scalar(select(calls.c.id).where(calls.c.id == call_id)) is None:
            raise NotThere("no such call", key="not_there")
        judged = snapshots.current_id(connection, call_id) is not None
        if judged and len(why) < SHORTEST_REASON:
            raise ReviewError("say why, in a sentence", key="reason_short")
        task = _open_one(connection, call_id, by, again=judged)
        if task is None:
            task = _make(connection, call_id, by, again=judged)
        queue.take(connection, task.id, by)
        answers = reviews.first_answers(connection, call_id, task.purpose)
        audit.record(
            connection,
            who=by,
            action="review.asked",
            subject=call_id,
            detail={"purpose": task.purpose},
        )
    if judged:
        answers = {**answers, "why": why}
        reviews.begin(store, call_id, purpose=task.purpose, login=by, answers=answers)
    return int(task.id)


def _open_one(connection: Connection, call_id: str, by: str, *, again: bool) -> Task | None:
    purpose = tasks.c.purpose.startswith(reviews.AGAIN) if again else tasks.c.purpose == "sample"
    mine = tasks.c.seat.in_((by,) if again else ("", by))
    query = select(tasks).where(tasks.c.call_id == call_id, tasks.c.state == "open", purpose, mine)
    row = connection.execute(query.limit(1)).first()
    return None if row is None else as_record(Task, row)


def _make(connection: Connection, call_id: str, by: str, *, again: bool) -> Task:
    like = tasks.c.purpose.startswith(reviews.AGAIN)
    count = select(func.count()).where(tasks.c.call_id == call_id, like)
    purpose = f"{reviews.AGAIN}-{(connection.scalar(count) or 0) + 1}" if again else "sample"
    row = {
        "call_id": call_id,
        "purpose": purpose,
        "seat": by,
        "reasons": [],
        "priority": PRIORITY,
        "state": "open",
        "locked_by": "",
        "made_at": datetime.now(UTC),
    }
    made = connection.execute(insert(tasks).values(row)).inserted_primary_key
    number = made[0] if made else 0
    return as_record(Task, connection.execute(select(tasks).where(tasks.c.id == number)).one())
