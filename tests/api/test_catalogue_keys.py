"""Words that pages, reports and commands say: a key told twice hides its first meaning."""

from __future__ import annotations

import json
from pathlib import Path

import api
import phrasebook
import qa_engine

ROOMS = [Path(str(room.__file__)).parent for room in (api, phrasebook, qa_engine)]
FILES = sorted(path for room in ROOMS for path in room.rglob("*.json"))


def told_twice(path: Path) -> list[str]:
    twice: list[str] = []

    def read(pairs: list[tuple[str, object]]) -> dict[str, object]:
        names = [name for name, _ in pairs]
        twice.extend(name for name in set(names) if names.count(name) > 1)
        return dict(pairs)

    json.loads(path.read_text("utf-8"), object_pairs_hook=read)
    return twice


def test_no_catalogue_tells_one_key_twice() -> None:
    assert len(FILES) > 30
    assert {path.name: twice for path in FILES if (twice := told_twice(path))} == {}
