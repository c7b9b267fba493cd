"""The glossary leads where it says."""

from __future__ import annotations

import re
from pathlib import Path

import qa_engine

HERE = Path(qa_engine.__file__).parent


def test_every_file_that_the_glossary_names_is_there() -> None:
    text = (HERE / "GLOSSARY.md").read_text("utf-8")
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    missing = [one for one in named if not ((HERE / one).exists() or (HERE.parent / one).exists())]
    assert missing == []
    assert len(named) > 25
