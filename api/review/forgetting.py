"""After a purge: what people decided of a call stays, what they wrote of it goes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select, update

from api.review.scores.answers import SheetAnswers, without_note
from api.review.scores.snapshots import without_words
from api.review.tables import appeals, calibrations, reviews, sheets


def forget_words(connection: Connection, ids: Sequence[str]) -> None:
    """Comments, notes, reasons, answers and titles of these calls; in the caller's transaction."""
    rows = select(reviews.c.id, reviews.c.answers).where(reviews.c.call_id.in_(ids))
    for row in connection.execute(rows).all():
        values = {"comment": "", "acknowledgement": "", "answers": without_notes(row.answers)}
        connection.execute(update(reviews).where(reviews.c.id == row.id).values(values))
    frozen = select(sheets.c.id, sheets.c.body).where(sheets.c.call_id.in_(ids))
    for row in connection.execute(frozen).all():
        bare = {"body": without_words(row.body), "reason": ""}
        connection.execute(update(sheets).where(sheets.c.id == row.id).values(bare))
    mine = update(appeals).where(appeals.c.call_id.in_(ids))
    connection.execute(mine.values(reason="", answer=""))
    titled = update(calibrations).where(calibrations.c.call_id.in_(ids))
    connection.execute(titled.values(title=""))


def without_notes(answers: SheetAnswers) -> SheetAnswers:
    """A review's answers without what was written beside them."""
    items = {name: without_note(answer) for name, answer in answers.get("items", {}).items()}
    return {**answers, "items": items, "notes": {}, "why": ""}
