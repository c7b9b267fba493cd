"""The worked examples of `phrasebook/GRAMMAR.md`, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from phrasebook import load
from tests.qa_engine.rules.worked_calls import calls_of, outcome_mistakes

PAGE = (Path(__file__).parents[3] / "phrasebook" / "GRAMMAR.md").read_text("utf-8")
EXAMPLES = [
    (pack, told, body)
    for pack, calls in re.findall(r"```yaml\n(.*?)```(.*?)(?=\n### |\Z)", PAGE, re.DOTALL)
    for told, body in calls_of(calls)
]


@pytest.mark.parametrize(("pack", "told", "body"), EXAMPLES)
def test_an_example_comes_to_what_the_page_says(
    pack: str, told: str, body: str, tmp_path: Path
) -> None:
    (tmp_path / "pack.yaml").write_text(pack, "utf-8")

    assert outcome_mistakes(load(tmp_path / "pack.yaml"), told, body) == []


def test_every_construct_has_two_examples() -> None:
    sections = PAGE.split("\n### ")[1:]
    assert len(sections) >= 7
    assert all(section.count("```call") >= 2 for section in sections)
    assert len(EXAMPLES) == PAGE.count("```call")
