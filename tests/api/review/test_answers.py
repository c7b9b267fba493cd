"""What a page or a workbook brings as an answer becomes what is stored, and nothing else does."""

from __future__ import annotations

import pytest

from api.review.scores.answers import as_answer, without_note


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({}, {}),
        ({"points": None}, {"points": None}),
        ({"points": 3, "na": False}, {"points": 3, "na": False}),
        ({"points": "three"}, {"points": None}),
        ({"na": 1, "fatal": True}, {"na": True, "fatal": True}),
        ({"note": "早说了", "color": "red"}, {"note": "早说了"}),
    ],
)
def test_an_answer_holds_what_it_may_and_nothing_else(
    given: dict[str, object], stored: dict[str, object]
) -> None:
    assert as_answer(given) == stored


def test_a_number_in_a_note_is_covered() -> None:
    assert "13800138000" not in as_answer({"note": "回拨13800138000"})["note"]


def test_without_its_note_an_answer_keeps_the_rest() -> None:
    answer = as_answer({"points": 2.5, "note": "慢"})
    assert without_note(answer) == {"points": 2.5}
    assert answer["note"] == "慢"
