"""The calls of a batch that people judged: their sheets count instead of the machine's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from api.batch.scope import BatchScope
from api.review.scores import snapshots
from api.review.scores.snapshots import Snapshot
from api.review.tables import outcomes
from api.store.agents import WHO
from api.store.tables import calls

__all__ = ["frozen_calls"]


def frozen_calls(connection: Connection, scope: BatchScope) -> Iterator[tuple[Any, Snapshot]]:
    """Each with the row of `outcomes` and its `agent`, the worst first."""
    query = (
        select(outcomes, WHO.label("agent"))
        .join(calls, calls.c.id == outcomes.c.call_id)
        .where(scope.calls, outcomes.c.sheet.is_not(None))
        .order_by(outcomes.c.score.nulls_last(), outcomes.c.call_id)
    )
    for row in connection.execute(query).all():
        yield row, snapshots.by_id(connection, row.sheet)
