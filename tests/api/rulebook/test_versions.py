"""Versions of the rules: nobody's work is lost, and every version can be had again."""

from __future__ import annotations

import pytest

from api.review.errors import ReviewError, Stale, Taken
from api.rulebook import drafts, versions
from api.rulebook.in_force import begin, in_force
from api.rulebook.versions import Origin
from api.store import Store
from phrasebook import PhrasebookErrors, bundled, load
from phrasebook.build import TOP_KEYS
from phrasebook.pieces import LISTED, NAMED, WHOLE, assembled, pieces_of
from tests.api.rulebook.packs import small

KNOW, ASK = "entries:dont-know", "entries:ask-them"


@pytest.fixture
def ruled(store: Store) -> Store:
    """A store with one version of the rules."""
    versions.publish(store, small(), note="导入", by="lena", follows=0, origin=Origin.IMPORT)
    return store


def change(store: Store, login: str, piece: str, old: str, new: str) -> None:
    text = pieces_of(in_force(store).book)[piece]
    assert old in text
    drafts.save(store, login, piece, base=text, text=text.replace(old, new), revision=0)


def publish(store: Store, login: str, follows: int, note: str = "改了") -> versions.RuleVersion:
    return drafts.publish_draft(store, login, in_force(store).book, note=note, follows=follows)


def says(store: Store, rule: str) -> list[str]:
    entries = {entry.id: entry for entry in in_force(store).book.entries}
    return [line.source for line in entries[rule].say]


def test_the_bundled_pack_cut_into_pieces_is_put_together_again() -> None:
    book = load(bundled())

    assert assembled(pieces_of(book), name=book.name).version == book.version


def test_no_section_of_a_pack_is_left_out_of_its_pieces() -> None:
    assert {*LISTED, *NAMED, *WHOLE} == set(TOP_KEYS)


@pytest.mark.parametrize("name", ["collections", "ecommerce_returns", "insurance_sales"])
def test_an_example_pack_cut_into_pieces_is_put_together_again(name: str) -> None:
    book = load(bundled().parent / "examples" / name)

    assert assembled(pieces_of(book), name=book.name).version == book.version


def test_a_store_begins_with_the_bundled_pack_once(store: Store) -> None:
    begin(store)
    begin(store)

    with store.reading() as connection:
        assert [one.origin for one in versions.history(connection)] == [Origin.BUNDLED]
    assert in_force(store).number == 1


def test_a_published_draft_is_the_next_version_and_tells_what_it_changed(ruled: Store) -> None:
    change(ruled, "lena", KNOW, "我不知道", "我真的不知道")

    made = publish(ruled, "lena", 1, "误报太多")

    assert says(ruled, "dont-know") == ["我真的不知道"]
    with ruled.reading() as connection:
        assert drafts.drafts_of(connection, "lena") == []
        (found,) = versions.of_piece(connection, KNOW)
        kept = versions.newest(connection)
    assert kept == made
    assert (found[0].made_by, found[0].note) == ("lena", "误报太多")
    assert "我不知道" in found[1].before
    assert "我真的不知道" in found[1].after


def test_two_leads_who_change_other_rules_lose_nothing(ruled: Store) -> None:
    change(ruled, "lena", KNOW, "我不知道", "我真的不知道")
    change(ruled, "hans", ASK, "您去问", "您自己去问")
    publish(ruled, "lena", 1)

    with pytest.raises(Taken):
        publish(ruled, "hans", 1)
    publish(ruled, "hans", 2)

    assert says(ruled, "dont-know") == ["我真的不知道"]
    assert says(ruled, "ask-them") == ["您自己去问{部门}"]


def test_two_leads_who_change_one_rule_are_told_and_choose(ruled: Store) -> None:
    change(ruled, "lena", KNOW, "我不知道", "我真的不知道")
    change(ruled, "hans", KNOW, "我不知道", "我也不知道")
    publish(ruled, "lena", 1)

    with pytest.raises(Stale) as told:
        publish(ruled, "hans", 2)
    assert told.value.more["pieces"] == [KNOW]
    assert says(ruled, "dont-know") == ["我真的不知道"]

    drafts.settle(ruled, "hans", KNOW, pieces_of(in_force(ruled).book)[KNOW])
    publish(ruled, "hans", 2)
    assert says(ruled, "dont-know") == ["我也不知道"]


def test_a_rollback_is_a_version_of_its_own(ruled: Store) -> None:
    change(ruled, "lena", KNOW, "我不知道", "不知道")
    publish(ruled, "lena", 1)

    back = versions.roll_back(ruled, 1, note="误报更多了", by="hans", follows=2)

    assert (back.number, back.returns_to, back.origin) == (3, 1, Origin.ROLLBACK)
    assert in_force(ruled).book.version == small().version
    with ruled.reading() as connection:
        assert [one.number for one in versions.history(connection)] == [3, 2, 1]


def test_a_rule_can_come_and_go(ruled: Store) -> None:
    text = "id: blame\nsay: 都是你的错\nsuggest: 我们一起看看\n"
    drafts.save(ruled, "lena", "entries:blame", base="", text=text, revision=0)
    change(ruled, "lena", ASK, pieces_of(small())[ASK], "")
    publish(ruled, "lena", 1)

    assert [entry.id for entry in in_force(ruled).book.entries] == ["dont-know", "blame"]


def test_a_draft_with_a_mistake_is_not_published(ruled: Store) -> None:
    change(ruled, "lena", KNOW, "我不知道", "我{没有}不知道")

    with pytest.raises(PhrasebookErrors) as told:
        publish(ruled, "lena", 1)

    (error,) = told.value.errors
    assert (error.path, error.line) == (KNOW, 4)
    assert in_force(ruled).number == 1


def test_a_note_is_asked_for(ruled: Store) -> None:
    change(ruled, "lena", KNOW, "我不知道", "我真的不知道")

    with pytest.raises(ReviewError, match="note"):
        publish(ruled, "lena", 1, "  ")


def test_another_window_of_the_same_person_is_not_overwritten(ruled: Store) -> None:
    text = pieces_of(small())[KNOW]
    drafts.save(ruled, "lena", KNOW, base=text, text=text + "coach: 一\n", revision=0)

    with pytest.raises(Stale) as told:
        drafts.save(ruled, "lena", KNOW, base=text, text=text + "coach: 二\n", revision=0)

    assert told.value.more["kept"] == text + "coach: 一\n"


def test_what_says_the_same_again_is_no_draft(ruled: Store) -> None:
    text = pieces_of(small())[KNOW]
    revision = drafts.save(ruled, "lena", KNOW, base=text, text=text + "coach: 一\n", revision=0)
    drafts.save(ruled, "lena", KNOW, base=text, text=text, revision=revision)

    with ruled.reading() as connection:
        assert drafts.drafts_of(connection, "lena") == []
