"""What is written of a pack loads as the same pack, however little is in it."""

from __future__ import annotations

from pathlib import Path

import phrasebook


def test_a_pack_without_a_scorecard_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text("entries: [{id: unsure, say: 我不知道, suggest: [我帮您查询]}]", "utf-8")
    book = phrasebook.load(path)

    path.write_text(phrasebook.to_yaml(book), "utf-8")

    assert phrasebook.load(path).version == book.version
