"""A sentence that is tried on the rules page comes to what the same words come to in a call."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from api.rulebook.forms import fields_of, with_fields
from api.rulebook.trying import Tried, try_lines
from phrasebook import Phrasebook, bundled, load
from phrasebook.model import Entry, Speaker
from phrasebook.pieces import pieces_of
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.rules.charging import standings
from qa_engine.rules.counting import Reason
from qa_engine.text_call import judge_dialogue

EVERY = 9
"""Of the bundled rules, so many apart."""


@cache
def pack() -> Phrasebook:
    return load(bundled())


@cache
def matcher() -> Matcher:
    return Matcher(pack())


def examples() -> Iterator[tuple[Entry, str]]:
    for entry in pack().entries[::EVERY]:
        for sentence in (*entry.tests.hit[:2], *entry.tests.miss[:2]):
            yield entry, sentence


def in_a_call(entry: Entry, sentence: str) -> set[str]:
    """Effects of the rule's hits, judged with every other rule of the pack beside it."""
    speaker = "客户" if entry.who is Speaker.CUSTOMER else "坐席"
    result = judge_dialogue(
        Dialogue(
            lines=(SpokenLine(text=sentence, speaker=speaker),), shape="text", basis=Basis.WORDS
        ),
        {"坐席": Role.AGENT, "客户": Role.CUSTOMER},
        phrasebook=pack(),
        matcher=matcher(),
    )
    found = standings(result.hits)
    mine = [found[hit.id] for hit in result.hits if hit.rule == entry.id]
    # Another rule may be charged for the same words: that alone is not of this rule.
    return {"counted" if one.reason is Reason.CHARGED_ONCE else one.effect.value for one in mine}


def effects(tried: Tried) -> set[str]:
    return {"counted" if hit.reason == "charged_once" else hit.effect for hit in tried.hits}


def test_every_rule_s_own_examples_come_to_the_same_tried_and_in_a_call() -> None:
    pairs = list(examples())
    assert len(pairs) > 20
    differing = [
        (entry.id, sentence)
        for entry, sentence in pairs
        if effects(try_lines(pack(), entry, sentence)[0]) != in_a_call(entry, sentence)
    ]
    assert differing == []


def test_sentences_do_not_run_into_each_other() -> None:
    entry = next(one for one in pack().entries if one.id == "dont-know")
    first, second = try_lines(pack(), entry, "这个我不\n知道您很着急，我来帮您查")
    assert (first.hits, second.hits) == ((), ())
    first, second = try_lines(pack(), entry, "这个我不\n知道的我都说了")
    assert first.hits == ()
    # The judge may wonder about the second; together they would count.
    assert effects(second) <= {"waiting"}


def test_a_doubtful_hit_is_not_told_as_one_that_counts() -> None:
    entries = (one for one in pack().entries if one.audience.value == "review")
    entry = next((one for one in entries if one.tests.hit), None)
    if entry is None:
        pytest.skip("the bundled pack has no rule for review only")
    (tried,) = try_lines(pack(), entry, entry.tests.hit[0])
    assert {hit.effect for hit in tried.hits} == {"waiting"}


def test_words_that_mean_it_sometimes_are_a_field_of_the_form() -> None:
    pieces = pieces_of(pack())
    key = next(f"entries:{one.id}" for one in pack().entries if one.maybe)
    fields = fields_of(key, pieces[key])
    assert fields is not None
    assert fields["maybe"]
    text = with_fields(key, pieces[key], {"maybe": fields["maybe"] + "\n说不好"})
    assert "说不好" in (fields_of(key, text) or {})["maybe"]
