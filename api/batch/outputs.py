"""Everything a batch leaves in its folder: workbook, CSV, JSON lines, summary page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from api.batch.files import write_csv, write_json_lines, write_workbook
from api.batch.sheets import sheets
from api.batch.summary_page import render_summary
from api.outputs import write_text
from api.store import Store
from api.store.calls import load
from api.store.tables import calls


def write_outputs(store: Store, folder: Path, *, pages: Path | None) -> list[Path]:
    """Write all sheets of a store, each file whole. Raises OutputError, StoreError."""
    made = [folder / name for name in ("calls.xlsx", "calls.jsonl", "summary.html")]
    with store.reading() as connection:
        write_text(made[2], [render_summary(connection, pages=pages)])
        write_json_lines(made[1], _reports(connection))
        write_csv(folder, sheets(connection))
        write_workbook(made[0], sheets(connection))
    return made


def _reports(connection: Connection) -> Iterator[dict[str, Any]]:
    for call_id in connection.scalars(select(calls.c.id).order_by(calls.c.id)).all():
        report = load(connection, call_id)
        if report is not None:
            yield report
