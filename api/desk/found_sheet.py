"""Calls that were found, as cells: what counts for each, and what people said of it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from api import clock
from api.desk.pages import say
from api.review.accounts import people
from api.review.directions import direction_of
from api.review.judging import draft_sheet, reviews
from api.review.judging.finding import FoundCall
from api.review.scores import snapshots
from api.spreadsheet import Cell
from api.store.agents import staff
from qa_engine.rules.counting import conclusion_of

HEAD = (
    "call file agent team customer direction began zone length score to_give result fatal_calls "
    "count_breach count_trigger count_waiting "
    "judged_by machine deductions verdicts by comment"
)


def found_sheet(
    connection: Connection, rows: Sequence[FoundCall], words: dict[str, str]
) -> tuple[list[str], list[list[Cell]]]:
    """Header and rows; deductions and verdicts stand in one cell each, line by line."""
    told, names = staff(connection), people.names(connection)
    cells: list[list[Cell]] = []
    for row in rows:
        result = "kept_blind" if row.blind else conclusion_of(row.score, row.passed)
        cells.append(
            [
                row.id,
                row.source,
                told.label(row.agent),
                row.team,
                row.customer,
                direction_of(row.direction, words),
                clock.cell(row.started_at),
                clock.zone_name(),
                round(row.duration_ms / 1000, 1),
                row.score,
                row.to_give or None,
                say(words, result),
                say(words, "yes") if row.fatal else "",
                *([None] * 3 if row.blind else [row.breaches, row.triggers, row.doubts]),
                "" if row.blind else say(words, f"source_{row.judged_by or 'machine'}"),
                row.machine,
                *_judged(connection, row, names),
            ]
        )
    return [say(words, key) for key in HEAD.split()], cells


def _judged(connection: Connection, row: FoundCall, names: dict[str, str]) -> list[Cell]:
    """Deductions, verdicts, author and comment of the sheet that counts."""
    if row.sheet is None:
        return ["", "", "", ""]
    frozen = snapshots.by_id(connection, row.sheet)
    lost = [
        f"{loss.title} -{loss.points:g}"
        for line in draft_sheet.filled(connection, frozen).lines
        for loss in line.losses
        if loss.stands
    ]
    titles = {hit["id"]: hit.get("title") or hit["rule"] for hit in frozen.report["hits"]}
    said = [
        f"{titles[hit]} {'✓' if opinion.right else '✗'}"
        + (f" {opinion.comment}" if opinion.comment else "")
        for hit, opinion in frozen.said.items()
        if hit in titles
    ]
    comment = reviews.by_number(connection, frozen.review).comment if frozen.review else ""
    by = names.get(frozen.author, frozen.author)
    return ["\n".join(lost).strip(), "\n".join(said).strip(), by, comment]
