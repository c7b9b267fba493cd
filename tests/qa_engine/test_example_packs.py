"""The example packs: their own tests hold, and their calls come to what is written beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.example_packs import measured
from phrasebook import load
from qa_engine.matching.linting.selftest import run_tests
from qa_engine.matching.matcher import Matcher
from tests.qa_engine.rules.worked_calls import calls_of, outcome_mistakes

EXAMPLES = Path(__file__).parents[2] / "phrasebook" / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())
CALLS = [
    (name, told, body)
    for name in NAMES
    for page in ("calls.md", "unseen.md")
    for told, body in calls_of((EXAMPLES / name / page).read_text("utf-8"))
]


def test_there_are_three_with_calls_of_their_own() -> None:
    assert NAMES == ["collections", "ecommerce_returns", "insurance_sales"]
    assert all(sum(name == own for name, _, _ in CALLS) >= 15 for own in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_its_rules_should_find_and_pass_over_holds(name: str) -> None:
    book = load(EXAMPLES / name)
    assert [str(found) for found in run_tests(book, Matcher(book))] == []


@pytest.mark.parametrize(("name", "told", "body"), CALLS)
def test_a_call_comes_to_what_is_written(name: str, told: str, body: str) -> None:
    assert outcome_mistakes(load(EXAMPLES / name), told, body) == []


@pytest.mark.parametrize("page", ["dialogues.md", "held_out.md"])
def test_steps_and_scores_of_labelled_calls_are_right(page: str) -> None:
    tallies = [tally for _, tally in measured(page, False, None)]
    right = sum(tally.steps_right + tally.scores_right for tally in tallies)
    asked = sum(tally.steps + tally.calls for tally in tallies)
    assert all(tally.calls >= 15 for tally in tallies)
    assert right / asked >= 0.97
