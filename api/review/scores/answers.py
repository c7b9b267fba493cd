"""What a person answers on a sheet, as it is stored: the keys are those of the page's drafts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from qa_engine.privacy import mask

GivenAnswers = Mapping[str, Mapping[str, object]]
"""By item, as a page or a workbook brings them; `as_answer` makes them what is stored."""


class ItemAnswer(TypedDict, total=False):
    """To one item; `points` None or absent leaves what is suggested."""

    points: float | None
    na: bool
    fatal: bool
    note: str


class StoredPlace(TypedDict):
    """Words that a rule should have found."""

    utterance: int
    begin_char: int
    end_char: int
    rule: str


class SheetAnswers(TypedDict, total=False):
    """`items`: by item; `hits` (right or not) and `notes`: by a hit's id or the key of a step or
    check; `missed` is absent from drafts of before missed words were listed; `why`: of a review
    that was asked for again.
    """

    items: dict[str, ItemAnswer]
    hits: dict[str, bool]
    notes: dict[str, str]
    missed: list[StoredPlace]
    why: str


def as_answer(given: Mapping[str, object]) -> ItemAnswer:
    """Of what was given, what an answer has; a caller's numbers in its note are covered."""
    answer: ItemAnswer = {}
    if "points" in given:
        points = given["points"]
        answer["points"] = points if isinstance(points, int | float) else None
    if "na" in given:
        answer["na"] = bool(given["na"])
    if "fatal" in given:
        answer["fatal"] = bool(given["fatal"])
    if "note" in given:
        answer["note"] = mask(str(given["note"]))
    return answer


def without_note(answer: ItemAnswer) -> ItemAnswer:
    """The answer, and not what was written beside it."""
    bare = answer.copy()
    bare.pop("note", None)
    return bare
