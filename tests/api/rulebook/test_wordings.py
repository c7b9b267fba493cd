"""Verdicts on hits of an older text of a rule are no measure of the text that stands now."""

from __future__ import annotations

from dataclasses import replace

from api.review.boards.precision import Proposal
from api.rulebook import versions
from api.rulebook.evidence import RuleEvidence, evidence
from api.rulebook.in_force import in_force
from api.rulebook.wordings import older_books
from api.store import CallFiling, Store, verdicts
from api.store.verdicts import Verdict
from phrasebook import Phrasebook
from tests.api.review.calls import report
from tests.api.rulebook.packs import small

RULE = "s1-1-dont-know"


def book(say: str = "我不知道", title: str = "推说不知道") -> Phrasebook:
    ids = ("id: dont-know, title: 说不知道", f"id: {RULE}, title: {title}")
    return small(ids, ("say: 我不知道", f"say: {say}"))


def publish(store: Store, pack: Phrasebook, follows: int) -> None:
    versions.publish(store, pack, note="", by="lena", follows=follows)


def judged(store: Store, pack: Phrasebook, calls: range, *, right: bool) -> None:
    """Calls that a phrasebook judged, each with a verdict on its hit of the rule."""
    for number in calls:
        made = report(number)
        named = replace(made.versions, phrasebook=f"{pack.name} {pack.version}")
        made = replace(made, versions=named)
        store.save(made, CallFiling(agent="anna", team="early"), book=pack)
        hit = next(one for one in made.hits if one.rule == RULE)
        place = (hit.utterance, hit.begin_char, hit.end_char)
        with store.writing() as connection:
            verdicts.give(
                connection,
                Verdict(
                    call_id=f"call-{number}",
                    hit_id=hit.id,
                    rule=RULE,
                    utterance=place[0],
                    begin_char=place[1],
                    end_char=place[2],
                    right=right,
                    by="ines",
                ),
            )


def known(store: Store) -> RuleEvidence:
    with store.reading() as connection:
        return evidence(connection, in_force(store).book)[RULE]


def test_an_edited_rule_begins_without_the_false_alarms_of_its_older_text(store: Store) -> None:
    publish(store, book(), 0)
    judged(store, book(), range(1, 22), right=False)
    assert known(store).proposal is Proposal.SILENCE

    publish(store, book("我真的不知道"), 1)

    now = known(store)
    assert (now.precision.whole, now.older.whole, now.older.part) == (0, 21, 0)
    assert now.proposal is Proposal.MORE_VERDICTS

    judged(store, book("我真的不知道"), range(31, 33), right=True)
    now = known(store)
    assert (now.precision.part, now.precision.whole, now.older.whole) == (2, 2, 21)


def test_a_rollback_takes_the_verdicts_of_its_text_back(store: Store) -> None:
    publish(store, book(), 0)
    judged(store, book(), range(1, 3), right=False)
    publish(store, book("我真的不知道"), 1)

    versions.roll_back(store, 1, note="", by="lena", follows=2)

    assert (known(store).precision.whole, known(store).older.whole) == (2, 0)


def test_a_new_title_is_the_same_rule(store: Store) -> None:
    publish(store, book(), 0)
    judged(store, book(), range(1, 3), right=True)

    publish(store, book(title="说不知道就完了"), 1)

    assert known(store).precision.whole == 2


def test_rules_of_a_directory_have_no_older_texts_of_record(store: Store) -> None:
    publish(store, book(), 0)
    publish(store, book("我真的不知道"), 1)

    with store.reading() as connection:
        assert older_books(connection, small()) == {}
        assert list(older_books(connection, in_force(store).book)) == [RULE]
