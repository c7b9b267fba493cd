"""What counts for a call, in SQL: people's sheet where there is one, the machine's elsewhere."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, case

from api.review.tables import outcomes
from api.store.tables import calls

_Value = TypeVar("_Value")
_Query = TypeVar("_Query", bound="Select[*tuple[Any, ...]]")


def _counts(name: str, kind: type[_Value]) -> ColumnElement[_Value]:
    """A column of `kind`. People may have said that a call has no score: then the machine's does
    not step in."""
    machine = outcomes.c.call_id.is_(None)
    return case((machine, calls.c[name]), else_=outcomes.c[name])


SCORE = _counts("score", float)
TO_GIVE = _counts("to_give", float)
PASSED = _counts("passed", bool)
FATAL = _counts("fatal", bool)
BREACHES = _counts("hit_count", int)
TRIGGERS = _counts("trigger_count", int)
WAITING = _counts("waiting_count", int)


def joined(query: _Query) -> _Query:
    """A query over `calls` with the sheets that count beside them."""
    return query.select_from(calls.outerjoin(outcomes, outcomes.c.call_id == calls.c.id))
