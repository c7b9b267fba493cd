"""Which part of a store a batch speaks of: a shared store holds other calls, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, Text, insert, select
from sqlalchemy.schema import CreateTable, DropTable
from sqlalchemy.sql import ColumnElement

from api.store.tables import calls, hits, sources, steps

_chosen = Table(
    "chosen_paths", MetaData(), Column("path", Text, primary_key=True), prefixes=["TEMPORARY"]
)
_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class BatchScope:
    """Conditions that choose rows of the batch."""

    calls: ColumnElement[bool]
    hits: ColumnElement[bool]
    steps: ColumnElement[bool]
    sources: ColumnElement[bool]


@contextmanager
def files(connection: Connection, paths: Iterable[str]) -> Iterator[BatchScope]:
    """The calls of these files, as the `sources` table names them, for one transaction."""
    connection.execute(CreateTable(_chosen))
    rows = [{"path": path} for path in dict.fromkeys(paths)]
    for first in range(0, len(rows), _AT_ONCE):
        connection.execute(insert(_chosen), rows[first : first + _AT_ONCE])
    mine = sources.c.path.in_(select(_chosen.c.path))
    ids = select(sources.c.call_id).where(mine)

    def of(column: Column[Any]) -> ColumnElement[bool]:
        return column.in_(ids)

    yield BatchScope(of(calls.c.id), of(hits.c.call_id), of(steps.c.call_id), mine)
    connection.execute(DropTable(_chosen))
