"""A frame comes to a prompt through few files, and the room's page names them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "api/live/README.md").read_text("utf-8")
MOST = 20


def test_a_frame_comes_to_a_prompt_through_at_most_twenty_files() -> None:
    stations = re.findall(r"^\d+\. `([^`]+)`", PAGE, re.MULTILINE)

    assert 10 < len(stations) <= MOST
    assert [name for name in stations if not (ROOT / name).is_file()] == []


def test_where_something_is_decided_is_a_file_that_there_is() -> None:
    table = PAGE[: PAGE.index("## From a frame")]
    named = set(re.findall(r"`([a-z_/]+\.py)`", table))

    assert len(named) > 20
    assert [
        name
        for name in sorted(named)
        if not (ROOT / name).is_file() and not (ROOT / "api/live" / name).is_file()
    ] == []
