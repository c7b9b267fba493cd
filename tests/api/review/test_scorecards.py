"""Scorecards as data, and the score a sheet comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from api.review.errors import ReviewError, Taken
from api.review.scores import card_checks, card_diff, card_text, scorecards, scoring
from api.review.scores.card import Card, Item
from api.review.scores.card_preview import preview
from api.store import Store
from qa_engine.report.stored import StoredReport
from tests.api.review.calls import put
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


def report(points: float = 10.0, *, fatal: bool = False) -> StoredReport:
    taken = {
        "points": points,
        "kind": "hit",
        "evidence": "h1",
        "title": "不知道",
        "reason": "hit",
        "at_ms": 5,
    }
    bare = {
        "hits": [{"id": "h1", "rule": "dont-know", "utterance": 1, "begin_ms": 5}],
        "score": {
            "items": [{"id": "x", "earned": 1, "deductions": [taken]}],
            "fatal": [taken] if fatal else [],
        },
    }
    return cast(StoredReport, bare)


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
    assert card_text.from_yaml(card_text.as_yaml(CARD)) == CARD


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
        card_text.from_yaml(text)


def checked(store: Store, text: str) -> None:
    put(store)
    with store.reading() as connection:
        card_checks.check(connection, card_text.from_yaml(text))


@pytest.mark.parametrize(
    ("feed", "near"),
    [
        ("conduct.raet", "conduct.rate"),
        ("s1-1-dont-knwo", "s1-1-dont-know"),
        ("identity-chek", "identity-check"),
        ("z9-*", ""),
    ],
)
def test_what_nothing_produces_feeds_no_item(store: Store, feed: str, near: str) -> None:
    with pytest.raises(ReviewError, match="nothing produces") as told:
        checked(store, f"items: [{{id: a, title: b, points: 100, feeds: ['{feed}']}}]")

    assert told.value.fill["near"] == near


@pytest.mark.parametrize("feed", ["conduct.rate", "conduct.*", "s1-*", "opening", "*"])
def test_what_is_produced_may_feed(store: Store, feed: str) -> None:
    checked(store, f"items: [{{id: a, title: b, points: 100, feeds: ['{feed}']}}]")


def test_items_that_do_not_add_up_are_refused_unless_they_are_to_be_scaled(store: Store) -> None:
    items = "items: [{id: a, title: b, points: 60}, {id: c, title: d, points: 30}]"
    with pytest.raises(ReviewError, match="add up to 90, the total is 100"):
        checked(store, items)

    checked(store, f"scaled: true\n{items}")


def test_the_first_card_holds_to_its_own_rules(store: Store) -> None:
    put(store)
    scorecards.ensure(store, pack())
    with store.reading() as connection:
        card_checks.check(connection, scorecards.current(connection).card)


def test_a_change_of_a_card_is_told_item_by_item() -> None:
    dearer = replace(CARD.items[1], points=20, title="语气真诚")
    after = replace(CARD, pass_score=80, items=(CARD.items[0], dearer))

    found = card_diff.changes(CARD, after)

    assert [(one.what, one.item, one.before, one.after) for one in found] == [
        ("pass", "", "85", "80"),
        ("title", "语气真诚", "语气", "语气真诚"),
        ("points", "语气真诚", "10", "20"),
        ("removed", "泄密", "0", ""),
    ]


def test_a_card_is_tried_on_past_calls_and_changes_nothing(store: Store) -> None:
    scorecards.ensure(store, pack())
    for number in (1, 2):
        put(store, number)
    with store.reading() as connection:
        card = scorecards.current(connection).card
        easier = replace(card, pass_score=10.0, items=card.items[1:])
        found = preview(connection, card, easier)

        assert (found.calls, found.passed_before, found.passed_after, found.turned) == (2, 0, 2, 2)
        assert found.mean_after is not None
        assert found.mean_before is not None
        assert found.mean_after > found.mean_before
        assert len(found.moved) == 2
        assert scorecards.current(connection).card == card


def test_the_pass_mark_of_a_moment_is_of_the_card_then_in_force(store: Store) -> None:
    long_ago, later = datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
    with store.reading() as connection:
        assert scorecards.pass_lines(connection, [later]) == ([85.0], None)
    for number, mark in enumerate((85, 80, 80)):
        card = replace(CARD, pass_score=mark, scaled=True)
        scorecards.publish(store, card, note="", by="lena", follows=number)

    with store.reading() as connection:
        third, second, first = scorecards.versions(connection)
        moments = [long_ago, first.made_at, third.made_at, later]
        assert scorecards.pass_lines(connection, moments) == ([85, 85, 80, 80], second.made_at)
