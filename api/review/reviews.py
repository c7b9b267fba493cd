"""One person's judgement of one call: a draft that saves by itself, then final when submitted."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from api.review import queue, scorecards, scoring
from api.review.errors import NotThere, ReviewError, Stale, Taken
from api.review.scorecards import CardVersion
from api.review.scoring import Sheet
from api.review.tables import outcomes, reviews, tasks
from api.store import Store, audit
from api.store.calls import load
from api.store.tables import calls, verdicts
from api.store.verdicts import Verdict, give

LONGEST_COMMENT = 4_000
BLIND = frozenset({"double", "calibration"})
"""Made without seeing what others said; verdicts stay inside the review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """`answers` holds `items` (by item id) and, where blind, `hits` (by hit id)."""

    id: int
    call_id: str
    purpose: str
    inspector: str
    state: str
    revision: int
    scorecard: int
    answers: dict[str, Any]
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
    answers: dict[str, Any] | None = None,
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
                scorecard=scorecard or scorecards.current(connection).id,
                answers=answers or {"items": {}, "hits": {}},
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


def of(connection: Connection, number: int) -> Review:
    row = connection.execute(select(reviews).where(reviews.c.id == number)).first()
    if row is None:
        raise NotThere("no such review", key="not_there")
    return _review(row)


def draft_of(connection: Connection, call_id: str, purpose: str, login: str) -> Review:
    """Raises NotThere when it was never begun, Taken when it was submitted."""
    found = _find(connection, call_id, purpose, login)
    if found is None:
        raise NotThere("no such review", key="not_there")
    return _mine(connection, found.id, login)


def of_call(connection: Connection, call_id: str) -> list[Review]:
    """The oldest first."""
    query = select(reviews).where(reviews.c.call_id == call_id).order_by(reviews.c.id)
    return [_review(row) for row in connection.execute(query)]


def save(
    store: Store, number: int, *, login: str, revision: int, answers: dict[str, Any], comment: str
) -> Review:
    """Keep a draft. Raises Stale when it was changed elsewhere since `revision`; nothing is lost:
    what is kept stays, and the page still holds what it sent.
    """
    with store.writing() as connection:
        review = _mine(connection, number, login)
        _keep(connection, review, revision, answers, comment)
        _renew_lock(connection, review)
        return of(connection, number)


def _keep(
    connection: Connection, review: Review, revision: int, items: dict[str, Any], comment: str
) -> None:
    kept = update(reviews).where(reviews.c.id == review.id, reviews.c.revision == revision)
    kept = kept.where(reviews.c.state == "draft").values(
        answers={**review.answers, "items": items},
        comment=comment[:LONGEST_COMMENT],
        revision=revision + 1,
        saved_at=datetime.now(UTC),
    )
    if not connection.execute(kept).rowcount:
        if review.state != "draft":
            raise Taken("this review was submitted", key="already_done")
        raise Stale(f"revision {revision} is old, {review.revision} is kept", key="stale")


def judge(
    store: Store, number: int, *, login: str, hit_id: str, right: bool, comment: str = ""
) -> Review:
    """A verdict on one hit. The score follows at once."""
    with store.writing() as connection:
        review = _mine(connection, number, login)
        hit = next((h for h in _report(connection, review)["hits"] if h["id"] == hit_id), None)
        if hit is None:
            raise NotThere("no such hit in this call", key="not_there")
        if review.blind:
            found = {**review.answers.get("hits", {}), hit_id: right}
            values = {"answers": {**review.answers, "hits": found}}
            connection.execute(update(reviews).where(reviews.c.id == number).values(values))
        else:
            give(connection, _verdict(review, hit, hit_id, right=right, comment=comment))
        _renew_lock(connection, review)
        return of(connection, number)


def mark_missed(
    store: Store, number: int, *, login: str, utterance: int, begin: int, end: int, rule: str
) -> None:
    """Words that a rule should have found; they count against its recall."""
    with store.writing() as connection:
        review = _mine(connection, number, login)
        _span(_report(connection, review), utterance, begin, end)
        place = {"rule": rule, "utterance": utterance, "begin_char": begin, "end_char": end}
        hit_id = f"missed:{rule}:{utterance}:{begin}:{end}"[:160]
        give(connection, _verdict(review, place, hit_id, right=True, missed=True))


def _verdict(
    review: Review,
    place: dict[str, Any],
    hit_id: str,
    *,
    right: bool,
    missed: bool = False,
    comment: str = "",
) -> Verdict:
    return Verdict(
        call_id=review.call_id,
        hit_id=hit_id,
        rule=place["rule"],
        utterance=place["utterance"],
        begin_char=place["begin_char"],
        end_char=place["end_char"],
        right=right,
        missed=missed,
        by=review.inspector,
        comment=comment[:LONGEST_COMMENT],
    )


def _span(report: dict[str, Any], utterance: int, begin: int, end: int) -> str:
    text = next((u["text"] for u in report["utterances"] if u["id"] == utterance), None)
    if text is None or not 0 <= begin < end <= len(text):
        raise ReviewError("these words are not in the call", key="bad_span")
    return str(text[begin:end])


def sheet_of(connection: Connection, review: Review) -> tuple[Sheet, CardVersion]:
    """The review's score sheet, by the scorecard it was begun with."""
    card = scorecards.by_id(connection, review.scorecard)
    report = _report(connection, review)
    wrong = frozenset(i for i, right in said_of_hits(connection, review).items() if not right)
    return scoring.fill(card.card, report, wrong, review.answers.get("items", {})), card


def said_of_hits(connection: Connection, review: Review) -> dict[str, bool]:
    """Hit id → right: the review's own where blind, else the last anybody gave."""
    if review.blind:
        return dict(review.answers.get("hits", {}))
    query = select(verdicts).where(verdicts.c.call_id == review.call_id, ~verdicts.c.missed)
    rows = connection.execute(query.order_by(verdicts.c.id))
    return {row.hit_id: row.right for row in rows}


def submit(
    store: Store,
    number: int,
    *,
    login: str,
    revision: int,
    answers: dict[str, Any],
    comment: str,
    double_share: float = 0.0,
) -> Review:
    """Make it final. Raises ReviewError naming what is unanswered, Taken when another holds the
    call."""
    with store.writing() as connection:
        review = _mine(connection, number, login)
        if review.purpose == "appeal":
            raise Taken("an appeal is decided with its answer", key="decide_there")
        _keep(connection, review, revision, answers, comment)
        task = _task(connection, review)
        if task is not None:
            queue.take(connection, task.id, login)
        finish(connection, of(connection, number))
        if task is not None:
            _close(connection, task.id)
        if review.purpose == "sample" and _drawn(review.call_id, double_share):
            _ask_again(connection, review)
        return of(connection, number)


def finish(connection: Connection, review: Review) -> None:
    """Write the score; a sample's or an appeal's counts from now on."""
    sheet, _ = sheet_of(connection, review)
    if sheet.missing:
        names = {line.item.id: line.item.title for line in sheet.lines}
        raise ReviewError(
            f"not answered yet: {', '.join(names[i] for i in sheet.missing)}", key="missing"
        )
    now = datetime.now(UTC)
    result = {"score": sheet.total, "passed": sheet.passed, "fatal": sheet.fatal}
    done = update(reviews).where(reviews.c.id == review.id)
    connection.execute(done.values(state="submitted", submitted_at=now, **result))
    if not review.blind:
        connection.execute(delete(outcomes).where(outcomes.c.call_id == review.call_id))
        source = "appeal" if review.purpose == "appeal" else "review"
        row = {"call_id": review.call_id, "source": source, "review": review.id, "at": now}
        connection.execute(insert(outcomes).values(**row, **result))
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
            update(reviews)
            .where(reviews.c.id == number, reviews.c.state == "submitted")
            .values(
                state="acknowledged",
                acknowledged_at=datetime.now(UTC),
                acknowledgement=comment[:LONGEST_COMMENT],
            )
        )
        if not connection.execute(done).rowcount:
            raise Taken("this review is not waiting for you", key="already_done")
        subject = of(connection, number).call_id
        audit.record(
            connection, who=login, action="review.acknowledged", subject=subject, detail={}
        )


def own(connection: Connection, number: int, login: str) -> Review:
    """Nobody works in another's review, and nobody learns whether it exists."""
    review = of(connection, number)
    if review.inspector != login:
        raise NotThere("no such review", key="not_there")
    return review


def _mine(connection: Connection, number: int, login: str) -> Review:
    review = own(connection, number, login)
    if review.state != "draft":
        raise Taken("this review was submitted", key="already_done")
    return review


def _report(connection: Connection, review: Review) -> dict[str, Any]:
    report = load(connection, review.call_id)
    if report is None:
        raise NotThere("this call was removed", key="not_there")
    return report


def _task(connection: Connection, review: Review) -> Any:
    query = select(tasks).where(
        tasks.c.call_id == review.call_id,
        tasks.c.purpose == review.purpose,
        tasks.c.seat.in_(("", review.inspector)),
    )
    return connection.execute(query).first()


def _renew_lock(connection: Connection, review: Review) -> None:
    task = _task(connection, review)
    if task is not None and task.locked_by == review.inspector:
        queue.take(connection, task.id, review.inspector)


def _close(connection: Connection, number: int) -> None:
    values = {"state": "done", "done_at": datetime.now(UTC), "locked_by": "", "locked_until": None}
    connection.execute(update(tasks).where(tasks.c.id == number).values(values))


def _drawn(call_id: str, share: float) -> bool:
    """The same calls each time: nobody picks which reviews are checked."""
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


def _find(connection: Connection, call_id: str, purpose: str, login: str) -> Review | None:
    query = select(reviews).where(
        reviews.c.call_id == call_id,
        reviews.c.purpose == purpose,
        reviews.c.inspector == login,
    )
    row = connection.execute(query).first()
    return None if row is None else _review(row)


def _review(row: Any) -> Review:
    return Review(**{name: row._mapping[name] for name in Review.__slots__})
