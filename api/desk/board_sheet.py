"""The rows of a board as cells: what the screen shows, for the files that are taken away."""

from __future__ import annotations

from typing import Any

from api.desk.pages import say
from api.review.boards.agent_board import Figures
from api.review.boards.phrase_board import Phrase
from api.review.boards.step_board import StepRow
from api.spreadsheet import Cell

Words = dict[str, str]
_HEADS = {
    "agents": "agent team calls mean pass_share to_review not_judgeable fatal_calls hits reviewed",
    "teams": "team calls mean pass_share to_review not_judgeable fatal_calls hits reviewed",
    "phrases": "what who_said in_calls times judged precision low high missed",
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
    share = _percent(row.passed.value)
    open_ones: list[Cell] = [row.waiting, row.unjudged]
    rest: list[Cell] = [row.calls, row.mean, share, *open_ones, row.fatal, row.hits, row.reviewed]
    return [row.name, *([row.team] if team else []), *rest]


def _phrase(row: Phrase, words: Words) -> list[Cell]:
    right = row.precision
    low, high = (_percent(right.low), _percent(right.high)) if right.whole else (None, None)
    told: list[Cell] = [row.title, say(words, row.role), row.calls, row.times]
    return [*told, right.whole, _percent(right.value), low, high, row.missed]


def _step(row: StepRow) -> list[Cell]:
    return [row.title, row.whole.whole, *[_percent(s.value) for s in (row.whole, *row.cells)]]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)
