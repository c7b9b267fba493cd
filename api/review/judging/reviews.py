"""One person's review of one call: begun, found, and kept as a draft that nobody overwrites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, update

from api.review.errors import NotThere, Stale, Taken
from api.review.records import Task
from api.review.sampling import queue, waiting
from api.review.scores import scorecards, snapshots
from api.review.scores.answers import GivenAnswers, ItemAnswer, SheetAnswers, as_answer
from api.review.scores.snapshots import Snapshot
from api.review.tables import reviews, tasks
from api.store import Store, verdicts
from api.store.records import as_record
from api.store.tables import calls
from qa_engine.privacy import mask

LONGEST_COMMENT = 4_000
AGAIN = "again"
"""again-1, again-2: reviews that somebody asked for though the call was judged."""
BLIND = waiting.BLIND
"""Made without seeing what others said; verdicts stay inside the review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """`answers` holds `items` (by item id), `missed` places, `hits` and `notes` (by a hit's id or
    the key of a step or check)."""

    id: int
    call_id: str
    purpose: str
    inspector: str
    state: str
    revision: int
    scorecard: int
    answers: SheetAnswers
    comment: str
    score: float | None
    passed: bool | None
    fatal: bool
    machine_score: float
    opened_at: datetime
    saved_at: datetime
    submitted_at: datetime | None
    acknowledged_at: datetime | None
    acknowledgement: str

    @property
    def blind(self) -> bool:
        return self.purpose in BLIND


def begin(
    store: Store,
    call_id: str,
    *,
    purpose: str,
    login: str,
    answers: SheetAnswers | None = None,
    scorecard: int | None = None,
) -> Review:
    """This inspector's review of the call, made now if there is none. Raises NotThere."""
    with store.writing() as connection:
        found = _find(connection, call_id, purpose, login)
        if found is not None:
            return found
        machine = connection.execute(select(calls.c.score).where(calls.c.id == call_id)).first()
        if machine is None:
            raise NotThere("no such call", key="not_there")
        now = datetime.now(UTC)
        connection.execute(
            insert(reviews).values(
                call_id=call_id,
                purpose=purpose,
                inspector=login,
                state="draft",
                revision=0,
                scorecard=scorecard or _card_for(connection, call_id, purpose),
                answers=answers or first_answers(connection, call_id, purpose),
                comment="",
                fatal=False,
                machine_score=machine.score,
                opened_at=now,
                saved_at=now,
            )
        )
        made = _find(connection, call_id, purpose, login)
    assert made is not None
    return made


def _card_for(connection: Connection, call_id: str, purpose: str) -> int:
    """The scorecard in force; of reviews that are compared, the one of the first of them."""
    like = {"double": "sample", "calibration": "calibration"}.get(purpose)
    first = select(reviews.c.scorecard).where(
        reviews.c.call_id == call_id,
        reviews.c.purpose == like,
        or_(reviews.c.purpose == purpose, reviews.c.submitted_at.is_not(None)),
    )
    card = connection.scalar(first.order_by(reviews.c.id).limit(1)) if like else None
    return card or scorecards.current(connection).id


def first_answers(connection: Connection, call_id: str, purpose: str) -> SheetAnswers:
    """A sheet begins with the verdicts and answers that stand; a blind one with none."""
    if purpose in BLIND:
        return {"items": {}, "hits": {}}
    before = snapshots.current(connection, call_id)
    if before is not None:
        return standing_answers(before)
    said = verdicts.of_call(connection, call_id)
    return {"items": {}, "hits": {v.hit_id: v.right for v in said if not v.missed}}


def standing_answers(frozen: Snapshot) -> SheetAnswers:
    """What a new sheet begins with: all that the one before says, but for notes, which stay its
    author's.
    """
    said = {key: opinion.right for key, opinion in frozen.said.items()}
    missed = [place.stored for place in frozen.missed if said.get(place.id) is not False]
    items = frozen.answers.get("items", {})
    return {"items": items, "hits": said, "missed": missed}


def by_number(connection: Connection, number: int) -> Review:
    """Raises NotThere."""
    row = connection.execute(select(reviews).where(reviews.c.id == number)).first()
    if row is None:
        raise NotThere("no such review", key="not_there")
    return as_record(Review, row)


def draft_of(connection: Connection, call_id: str, purpose: str, login: str) -> Review:
    """Raises NotThere when it was never begun, Taken when it was submitted."""
    found = _find(connection, call_id, purpose, login)
    if found is None:
        raise NotThere("no such review", key="not_there")
    return lock_own_draft(connection, found.id, login)


def of_call(connection: Connection, call_id: str) -> list[Review]:
    """The oldest first."""
    query = select(reviews).where(reviews.c.call_id == call_id).order_by(reviews.c.id)
    return [as_record(Review, row) for row in connection.execute(query)]


def save(
    store: Store,
    number: int,
    *,
    login: str,
    revision: int,
    answers: GivenAnswers,
    comment: str,
) -> Review:
    """Keep a draft. Raises Stale when it was changed elsewhere since `revision`; nothing is lost:
    what is kept stays, and the page still holds what it sent.
    """
    with store.writing() as connection:
        review = lock_own_draft(connection, number, login)
        write_draft(connection, review, revision, answers, comment)
        renew_lock(connection, review)
        return by_number(connection, number)


def covered_notes(items: GivenAnswers) -> dict[str, ItemAnswer]:
    """Answers whose notes hold no caller's number."""
    return {name: as_answer(answer) for name, answer in items.items()}


def write_draft(
    connection: Connection,
    review: Review,
    revision: int,
    items: GivenAnswers,
    comment: str,
) -> None:
    kept = update(reviews).where(reviews.c.id == review.id, reviews.c.revision == revision)
    kept = kept.where(reviews.c.state == "draft").values(
        answers={**review.answers, "items": covered_notes(items)},
        comment=mask(comment[:LONGEST_COMMENT]),
        revision=revision + 1,
        saved_at=datetime.now(UTC),
    )
    if not connection.execute(kept).rowcount:
        if review.state != "draft":
            raise Taken("this review was submitted", key="already_done")
        raise Stale(f"revision {revision} is old, {review.revision} is kept", key="stale")


def source_of(review: Review) -> str:
    """What a sheet comes from, by what its review was for."""
    if review.purpose == "appeal":
        return "appeal"
    return "again" if review.purpose.startswith(AGAIN) else "review"


def read_own(connection: Connection, number: int, login: str) -> Review:
    """Another person's review is refused exactly as one that does not exist."""
    review = by_number(connection, number)
    if review.inspector != login:
        raise NotThere("no such review", key="not_there")
    return review


def lock_own_draft(connection: Connection, number: int, login: str) -> Review:
    """One's own draft, held until the transaction ends: a save and a verdict may come together.

    Raises NotThere, Taken.
    """
    connection.execute(select(reviews.c.id).where(reviews.c.id == number).with_for_update())
    review = read_own(connection, number, login)
    if review.state != "draft":
        raise Taken("this review was submitted", key="already_done")
    return review


def task_of(connection: Connection, review: Review) -> Task | None:
    query = select(tasks).where(
        tasks.c.call_id == review.call_id,
        tasks.c.purpose == review.purpose,
        tasks.c.seat.in_(("", review.inspector)),
    )
    row = connection.execute(query).first()
    return None if row is None else as_record(Task, row)


def renew_lock(connection: Connection, review: Review) -> None:
    """Whoever still works on a call keeps it; what was given back is not taken again by a save."""
    task = task_of(connection, review)
    if task is not None and task.locked_by == review.inspector:
        queue.take(connection, task.id, review.inspector)


def is_kept_blind(connection: Connection, login: str, call_id: str) -> bool:
    """Whether somebody is yet to judge a call without knowing what others said of it."""
    waits = select(tasks.c.id).where(tasks.c.call_id == call_id, _blind_to(login))
    return connection.scalar(waits.limit(1)) is not None


def kept_blind(connection: Connection, login: str) -> frozenset[str]:
    """All calls that somebody is yet to judge without knowing what others said of them."""
    return frozenset(connection.scalars(select(tasks.c.call_id).where(_blind_to(login))))


def _blind_to(login: str) -> ColumnElement[bool]:
    begun = exists().where(
        reviews.c.call_id == tasks.c.call_id,
        reviews.c.inspector == login,
        reviews.c.purpose == tasks.c.purpose,
    )
    mine = or_(tasks.c.seat == login, tasks.c.locked_by == login, and_(tasks.c.seat == "", begun))
    return tasks.c.purpose.in_(BLIND) & (tasks.c.state == "open") & mine


def _find(connection: Connection, call_id: str, purpose: str, login: str) -> Review | None:
    query = select(reviews).where(
        reviews.c.call_id == call_id,
        reviews.c.purpose == purpose,
        reviews.c.inspector == login,
    )
    row = connection.execute(query).first()
    return None if row is None else as_record(Review, row)
