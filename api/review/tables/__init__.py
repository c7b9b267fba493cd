"""The desk's tables, beside the calls' own, a file for each room that writes them.

Nothing here refers to `calls` by foreign key: a call that is analysed again is replaced, and what
people said of it must stay.
"""

from __future__ import annotations

from api.review.tables import board_index  # noqa: F401  its indexes join the metadata
from api.review.tables.accounts import attempts, notices, people, sessions
from api.review.tables.coaching import coaching_notes, pins
from api.review.tables.judging import (
    appeals,
    calibrations,
    corrections,
    flags,
    reviews,
    saved_searches,
)
from api.review.tables.sampling import draws, plans, tasks
from api.review.tables.scores import outcomes, scorecards, sheet_findings, sheets
from api.review.tables.sound import waves

__all__ = [
    "appeals",
    "attempts",
    "calibrations",
    "coaching_notes",
    "corrections",
    "draws",
    "flags",
    "notices",
    "outcomes",
    "people",
    "pins",
    "plans",
    "reviews",
    "saved_searches",
    "scorecards",
    "sessions",
    "sheet_findings",
    "sheets",
    "tasks",
    "waves",
]
