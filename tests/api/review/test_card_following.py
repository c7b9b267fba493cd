"""The desk's scorecard follows what is published with the rules, and keeps what people set."""

from __future__ import annotations

from dataclasses import replace

from api.review.scores import scorecards
from api.review.scores.card import MANUAL, Card, Item, first_card
from api.review.scores.card_following import completed, followed, left_out
from api.rulebook import versions
from api.store import Store
from phrasebook import Phrasebook
from tests.api.rulebook.packs import small

ITEM = "{id: calm, title: 不推诿, group: 态度, points: 60, feeds: [%s]}"
WARM = ", {id: warm, title: 热情, group: 态度, points: 5, feeds: [ask-them]}"
MORE = ", {id: told, title: 讲清楚, group: 流程, points: 40, feeds: [opening]}"


def book(feeds: str = "dont-know", more: str = MORE, passing: int = 80) -> Phrasebook:
    card = f"scorecard: {{total: {100 + 5 * (WARM in more)}, pass: {passing}, items: [{ITEM % feeds}{more}]}}\nsteps:\n"
    return small(("steps:\n", card))


def card_of(*changes: tuple[str, Item]) -> Card:
    known = dict(changes)
    card = first_card(book())
    return replace(card, items=tuple(known.get(one.id, one) for one in card.items))


def item(card: Card, name: str) -> Item:
    (found,) = [one for one in card.items if one.id == name]
    return found


OLD = first_card(book())
NEW = first_card(book("dont-know, ask-them", passing=90))


def test_a_card_that_nobody_edited_becomes_the_new_one() -> None:
    assert followed(OLD, OLD, NEW) == NEW


def test_what_people_set_stays_beside_what_the_rules_bring() -> None:
    edited = replace(item(OLD, "calm"), points=50, feeds=("dont-know", "own"))
    mine = replace(card_of(("calm", edited)), pass_score=70)

    found = followed(mine, OLD, NEW)

    assert item(found, "calm") == replace(edited, feeds=("dont-know", "own", "ask-them"))
    assert found.pass_score == 70


def test_a_new_item_stands_with_its_group_and_one_that_went_goes_unless_somebody_edited_it() -> (
    None
):
    more = first_card(book(more=MORE + WARM))
    assert [one.id for one in followed(OLD, OLD, more).items][:3] == ["calm", "warm", "told"]
    assert followed(more, more, OLD) == OLD
    mine = replace(
        more, items=tuple(replace(one, points=7) if one.id == "warm" else one for one in more.items)
    )
    assert item(followed(mine, more, OLD), "warm").points == 7


def test_an_item_of_the_same_id_that_people_made_themselves_keeps_its_points() -> None:
    own = Item(id="told", title="我们的", group="流程", points=9, feeds=("mine",))
    mine = replace(OLD, items=(item(OLD, "calm"), own, *MANUAL))

    found = followed(mine, replace(OLD, items=(item(OLD, "calm"), *MANUAL)), OLD)

    assert item(found, "told") == replace(own, feeds=("mine", "opening"))


def test_an_exact_card_whose_points_no_longer_add_up_is_scaled() -> None:
    items = (replace(item(OLD, "calm"), points=50), item(OLD, "told"))
    exact = replace(OLD, total=90, items=items, scaled=False)
    more = first_card(book(more=MORE + WARM))

    assert followed(exact, OLD, more).scaled


def test_what_the_rules_score_and_the_card_does_not_is_told_and_can_be_added() -> None:
    rules = book("dont-know, ask-them")
    assert left_out(OLD, rules) == ["让客户自己去问"]

    full = completed(OLD, first_card(rules))

    assert left_out(full, rules) == []
    assert item(full, "calm").feeds == ("dont-know", "ask-them")


def test_publishing_rules_makes_a_version_of_the_card_and_rolling_back_undoes_it(
    store: Store,
) -> None:
    before = book()
    versions.publish(store, before, note="", by="lena", follows=0)
    scorecards.ensure(store, before)

    versions.publish(store, book("dont-know, ask-them"), note="", by="lena", follows=1)
    versions.roll_back(store, 1, note="", by="lena", follows=2)

    with store.reading() as connection:
        found = scorecards.versions(connection)
    assert [(one.version, one.with_rules) for one in found] == [(3, 3), (2, 2), (1, 0)]
    assert item(found[1].card, "calm").feeds == ("dont-know", "ask-them")
    assert found[0].card == found[2].card


def test_publishing_rules_makes_no_card_where_no_desk_was_opened(store: Store) -> None:
    versions.publish(store, book(), note="", by="lena", follows=0)
    versions.publish(store, book("ask-them"), note="", by="lena", follows=1)

    with store.reading() as connection:
        assert not scorecards.any_yet(connection)


def test_rules_published_with_the_same_scorecard_make_no_version_of_the_card(store: Store) -> None:
    rules = book()
    versions.publish(store, rules, note="", by="lena", follows=0)
    scorecards.ensure(store, rules)
    other = small(("我不知道", "我不晓得"), ("steps:\n", _card_text()))

    versions.publish(store, other, note="", by="lena", follows=1)

    with store.reading() as connection:
        assert len(scorecards.versions(connection)) == 1


def _card_text() -> str:
    return f"scorecard: {{total: 100, pass: 80, items: [{ITEM % 'dont-know'}{MORE}]}}\nsteps:\n"
