"""The rows of a board as cells: what the screen shows, for the files that are taken away."""

from __future__ import annotations

from typing import Any

from api.desk.pages import say
from api.review.boards.agent_board import Figures
from api.review.boards.phrase_board import Phrase
from api.review.boards.step_board import StepRow
from api.spreadsheet import Cell

Words = dict[str, str]
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


def head_of(view: str, table: Any, words: Words) -> list[str]:
    head = [say(words, key) for key in _HEADS[view].split()]
    return head + (list(table[0]) if view == "steps" else [])


def rows_of(view: str, table: Any, words: Words) -> list[list[Cell]]:
    if view == "steps":
        return [_step(row) for row in table[1]]
    if view == "phrases":
        return [_phrase(row, words) for row in table]
    if view == "conduct":
        return [[say(words, row.title), row.calls] for row in table]
    return [_figures(row, team=view == "agents") for row in table]


def _figures(row: Figures, *, team: bool) -> list[Cell]:
    a_call = row.breaches_a_call
    return [
        row.name,
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
