"""What counts for a call, in SQL: people's sheet where there is one, the machine's elsewhere."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case

from api.review.tables import outcomes
from api.store.tables import calls


def _counts(name: str) -> ColumnElement[Any]:
    """People may have said that a call has no score: then the machine's does not step in."""
    machine = outcomes.c.call_id.is_(None)
    return case((machine, calls.c[name]), else_=outcomes.c[name])


SCORE = _counts("score")
TO_GIVE = _counts("to_give")
PASSED = _counts("passed")
FATAL = _counts("fatal")
BREACHES = _counts("hit_count")
TRIGGERS = _counts("trigger_count")
WAITING = _counts("waiting_count")


def joined(query: Any) -> Any:
    """A query over `calls` with the sheets that count beside them."""
    return query.select_from(calls.outerjoin(outcomes, outcomes.c.call_id == calls.c.id))
