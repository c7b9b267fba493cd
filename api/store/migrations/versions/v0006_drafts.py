"""Verdicts of a draft stay in the draft: each review holds what it said of the hits.

A review that was handed in keeps what stood at that moment; the trial verdicts of an appeal that
nobody accepted no longer count, and go back into the draft that made them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
_BLIND = ("double", "calibration")
_reviews = sa.table(
    "reviews",
    sa.column("id"),
    sa.column("call_id"),
    sa.column("purpose"),
    sa.column("inspector"),
    sa.column("answers", sa.JSON),
    sa.column("opened_at", sa.DateTime(timezone=True)),
    sa.column("submitted_at", sa.DateTime(timezone=True)),
)
_verdicts = sa.table(
    "verdicts",
    sa.column("id"),
    sa.column("call_id"),
    sa.column("hit_id"),
    sa.column("right", sa.Boolean),
    sa.column("missed", sa.Boolean),
    sa.column("by"),
    sa.column("at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    connection = op.get_bind()
    open_ones = _reviews.c.purpose.not_in(_BLIND)
    for review in connection.execute(sa.select(_reviews).where(open_ones)).all():
        given = _verdicts.c.call_id == review.call_id
        if review.submitted_at is not None:
            given &= _verdicts.c.at <= review.submitted_at
        rows = connection.execute(
            sa.select(_verdicts).where(given, ~_verdicts.c.missed).order_by(_verdicts.c.id)
        ).all()
        if not rows:
            continue
        hits = {row.hit_id: bool(row.right) for row in rows}
        answers: dict[str, Any] = {**(review.answers or {}), "hits": hits}
        kept = sa.update(_reviews).where(_reviews.c.id == review.id)
        connection.execute(kept.values(answers=answers))
    trials = open_ones & (_reviews.c.purpose == "appeal") & _reviews.c.submitted_at.is_(None)
    for review in connection.execute(sa.select(_reviews).where(trials)).all():
        connection.execute(
            sa.delete(_verdicts).where(
                _verdicts.c.call_id == review.call_id,
                _verdicts.c.by == review.inspector,
                _verdicts.c.at >= review.opened_at,
            )
        )


def downgrade() -> None:
    """Nothing to take back: what stands in the drafts was there before, too."""
