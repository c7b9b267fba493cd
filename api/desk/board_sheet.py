"""The rows of a board as cells: what the screen shows, for the files that are taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.desk.pages import say
from api.review.boards.agent_board import Figures
from api.review.boards.phrase_board import Phrase
from api.review.boards.step_board import Broken, StepRow
from api.spreadsheet import Cell
from api.store.agents import Staff

Words = dict[str, str]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Steps, with a cell for each column beside the whole."""

    columns: list[str]
    rows: list[StepRow]


BoardTable = Sequence[Figures] | Sequence[Phrase] | Sequence[Broken] | HeatMap
"""What a view of the boards shows, in its order."""
_FIGURES_HEAD = (
    "calls mean pass_share to_review not_judgeable fatal_calls count_breach breaches_a_call "
    "count_waiting reviewed calls_to_give"
)
_HEADS = {
    "agents": f"agent team {_FIGURES_HEAD}",
    "teams": f"team {_FIGURES_HEAD}",
    "phrases": "what who_said in_calls times count_waiting judged precision low high missed",
    "conduct": "what in_calls",
    "steps": "step due whole",
}


def head_of(view: str, table: BoardTable, words: Words) -> list[str]:
    head = [say(words, key) for key in _HEADS[view].split()]
    return head + (table.columns if isinstance(table, HeatMap) else [])


def rows_of(
    view: str, table: BoardTable, words: Words, staff: Staff | None = None
) -> list[list[Cell]]:
    """`staff`: how agents are named, where the rows are agents."""
    if isinstance(table, HeatMap):
        return [_step(row) for row in table.rows]
    return [_line(row, view, words, staff) for row in table]


def _line(
    row: Figures | Phrase | Broken, view: str, words: Words, staff: Staff | None
) -> list[Cell]:
    match row:
        case Phrase():
            return _phrase(row, words)
        case Broken():
            return [say(words, row.title), row.calls]
        case Figures():
            name = staff.label(row.name) if staff and view == "agents" else row.name
            return _figures(row, name, team=view == "agents")


def _figures(row: Figures, name: str, *, team: bool) -> list[Cell]:
    a_call = row.breaches_a_call
    return [
        name,
        *([row.team] if team else []),
        row.calls,
        row.mean,
        _percent(row.passed.value),
        row.waiting,
        row.unjudged,
        row.fatal,
        row.breaches,
        None if a_call is None else round(a_call, 2),
        row.doubts,
        row.reviewed,
        row.provisional,
    ]


def _phrase(row: Phrase, words: Words) -> list[Cell]:
    right = row.precision
    low, high = (_percent(right.low), _percent(right.high)) if right.whole else (None, None)
    told: list[Cell] = [row.title, say(words, row.role), row.calls, row.times, row.waiting]
    return [*told, right.whole, _percent(right.value), low, high, row.missed]


def _step(row: StepRow) -> list[Cell]:
    return [row.title, row.whole.whole, *[_percent(s.value) for s in (row.whole, *row.cells)]]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
