"""A file holds one idea, and one idea fits into 300 lines."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("phrasebook", "models", "qa_engine", "api")
MOST = 300
STILL_LONGER = {
    "api/review/judging/reviews.py": "the desk's reviews are being parted",
    "api/review/tables.py": "tables of the desk are being parted by room",
}
"""Files that are above it, and why; a name leaves when its file has become shorter."""


def lines(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_is_longer_than_one_idea(room: str) -> None:
    long = {
        file.relative_to(ROOT).as_posix(): lines(file)
        for file in sorted((ROOT / room).rglob("*.py"))
        if lines(file) > MOST
    }
    assert {name: length for name, length in long.items() if name not in STILL_LONGER} == {}


def test_a_file_that_became_shorter_is_excused_no_longer() -> None:
    assert [name for name in STILL_LONGER if not (ROOT / name).exists()] == []
    assert [name for name in STILL_LONGER if lines(ROOT / name) <= MOST] == []
