"""Scorecards as data, and the score a sheet comes to."""

from __future__ import annotations

from typing import Any

import pytest

from api.review.errors import ReviewError, Taken
from api.review.scores import scorecards, scoring
from api.review.scores.scorecards import Card, Item
from api.store import Store
from tests.qa_engine.report.sample_pack import pack

CARD = Card(
    total=100,
    pass_score=85,
    items=(
        Item(id="fed", title="不推诿", group="问题解决", points=40, feeds=("dont-*",)),
        Item(id="own", title="语气", group="语音表达", points=10),
        Item(id="leak", title="泄密", group="致命项", points=0, fatal=True),
    ),
)


def report(points: float = 10.0, *, fatal: bool = False) -> dict[str, Any]:
    taken = {
        "points": points,
        "kind": "hit",
        "evidence": "h1",
        "title": "不知道",
        "reason": "hit",
        "at_ms": 5,
    }
    return {
        "hits": [{"id": "h1", "rule": "dont-know", "utterance": 1, "begin_ms": 5}],
        "score": {
            "items": [{"id": "x", "earned": 1, "deductions": [taken]}],
            "fatal": [taken] if fatal else [],
        },
    }


def total(answers: dict[str, Any], *, wrong: set[str] | None = None, **more: Any) -> float | None:
    said = dict.fromkeys(wrong or (), False)
    return scoring.fill(CARD, report(**more), said, answers).total


def test_the_machine_suggests_and_a_person_answers() -> None:
    assert total({"own": {"points": 10}}) == 80.0
    assert total({"own": {"points": 10}, "fed": {"points": 40}}) == 100.0


def test_a_hit_that_was_judged_wrong_gives_its_points_back() -> None:
    assert total({"own": {"points": 10}}, wrong={"h1"}) == 100.0


def test_not_applicable_leaves_the_denominator() -> None:
    assert total({"own": {"na": True}}) == 75.0


def test_a_fatal_yes_or_a_fatal_hit_that_stands_is_zero() -> None:
    full = {"own": {"points": 10}}
    assert total(full | {"leak": {"fatal": True}}) == 0.0
    assert total(full, fatal=True) == 0.0
    assert total(full, fatal=True, wrong={"h1"}) == 100.0


@pytest.mark.parametrize("points", [-5, 999])
def test_points_stay_within_the_item(points: float) -> None:
    assert 0 <= (total({"own": {"points": points}}) or 0.0) <= 100


def test_what_a_person_must_answer_is_named() -> None:
    sheet = scoring.fill(CARD, report(), {}, {})

    assert sheet.missing == ("own",)


def test_a_change_never_rewrites_the_version_before(store: Store) -> None:
    scorecards.ensure(store, pack())
    scorecards.ensure(store, pack())
    with store.reading() as connection:
        first = scorecards.current(connection)

    scorecards.publish(store, CARD, note="简化", by="lena", follows=1)

    with store.reading() as connection:
        assert [v.version for v in scorecards.versions(connection)] == [2, 1]
        assert scorecards.by_id(connection, first.id) == first
        assert scorecards.current(connection).card == CARD


def test_two_who_publish_at_once_do_not_overwrite(store: Store) -> None:
    scorecards.publish(store, CARD, note="", by="lena", follows=0)

    with pytest.raises(Taken):
        scorecards.publish(store, CARD, note="", by="adam", follows=0)


def test_yaml_goes_out_and_comes_back() -> None:
    assert scorecards.from_yaml(scorecards.as_yaml(CARD)) == CARD


@pytest.mark.parametrize(
    "text",
    [
        "",
        "total: [",
        "items: 3",
        "items: []",
        "items: [{id: a}]",
        "items: [{id: a, title: b, points: many}]",
        "items: [{id: a, title: b, points: .nan}]",
        "items: [{id: a, title: b, points: 1}, {id: a, title: c, points: 1}]",
        "items: [{id: a, title: b, points: 1, extra: 2}]",
        "{pass: 101, items: [{id: a, title: b, points: 1}]}",
        "items: [{id: a, title: b, points: 1, feeds: [3]}]",
        "!!python/object/apply:os.system [ls]",
        "a: &a [*a]",
    ],
)
def test_a_bad_scorecard_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(ReviewError, match="scorecard"):
        scorecards.from_yaml(text)
