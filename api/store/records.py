"""Rows of a table as typed records."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Row

Record = TypeVar("Record")


def as_record(kind: type[Record], row: Row[Any]) -> Record:
    """The columns of `row` that a dataclass has fields for; others are left alone."""
    found = row._mapping
    return kind(**{field.name: found[field.name] for field in fields(kind)})  # type: ignore[arg-type]


def as_records(kind: type[Record], rows: Any) -> list[Record]:
    """Every row of a result, in its order."""
    return [as_record(kind, row) for row in rows]
