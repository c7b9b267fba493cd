"""Everything a batch leaves in its folder: workbook, CSV, JSON lines, summary page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from api import clock
from api.batch import scope
from api.batch.files import write_csv, write_json_lines
from api.batch.sheets import sheets
from api.batch.sources import Source
from api.batch.summary_page import render_summary
from api.batch.workbook import write_workbook
from api.outputs import write_text
from api.store import Store
from api.store.calls import load
from api.store.tables import calls

_FILING = [
    calls.c[name]
    for name in "agent agent_name team customer direction started_at source data".split()
]


def write_outputs(
    store: Store, sources: Iterable[Source], folder: Path, *, pages: Path | None
) -> list[Path]:
    """Write the sheets of these sources, each file whole. Raises OutputError, StoreError.

    The workbook comes last: it is the one that somebody may hold open.
    """
    made = [folder / name for name in ("summary.html", "calls.jsonl", "calls.xlsx")]
    paths = (source.name for source in sources)
    with store.reading() as connection, scope.files(connection, paths) as mine:
        write_text(made[0], [render_summary(connection, mine, pages=pages)])
        write_json_lines(made[1], _reports(connection, mine))
        write_csv(folder, sheets(connection, mine))
        write_workbook(made[2], sheets(connection, mine), pages=pages)
    return made


def _reports(connection: Connection, mine: scope.BatchScope) -> Iterator[dict[str, Any]]:
    """Each call's report, and beside it what the manifest said of the call."""
    rows = connection.execute(
        select(calls.c.id, *_FILING).where(mine.calls).order_by(calls.c.id)
    ).all()
    for row in rows:
        report = load(connection, row.id)
        if report is not None:
            filing = {column.name: row._mapping[column.name] for column in _FILING}
            filing["agent"] = row.agent or row.agent_name
            filing["started_at"] = clock.local(row.started_at).isoformat(timespec="seconds")
            yield {**report, "filing": filing}
