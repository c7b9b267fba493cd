"""A file holds one idea, and one idea fits into 300 lines."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("phrasebook", "models", "qa_engine", "api")
MOST = 300


def lines(file: Path) -> int:
    return len(file.read_text("utf-8").splitlines())


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_is_longer_than_one_idea(room: str) -> None:
    long = {
        file.relative_to(ROOT).as_posix(): lines(file)
        for file in sorted((ROOT / room).rglob("*.py"))
        if lines(file) > MOST
    }
    assert long == {}
