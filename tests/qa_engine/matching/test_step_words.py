"""The bundled pack hears a step however an agent words it, and only when it is said."""

from __future__ import annotations

from typing import Any

import pytest

import phrasebook
from benchmarks.language import ROLES
from benchmarks.step_words import CORPUS, measured, sentences
from models.judging.examples import Conversation, conversations
from phrasebook import Phrasebook
from qa_engine.dialogue import Basis, Dialogue, SpokenLine
from qa_engine.matching import Matcher
from qa_engine.text_call import judge_dialogue

GOOD_CALLS = list(conversations(CORPUS / "good_calls.jsonl"))


@pytest.fixture(scope="module")
def book() -> Phrasebook:
    return phrasebook.load(phrasebook.bundled())


@pytest.fixture(scope="module")
def matcher(book: Phrasebook) -> Matcher:
    return Matcher(book)


@pytest.mark.parametrize(
    ("part", "recall", "precision"), [("train", 0.97, 0.97), ("unread", 0.9, 0.95)]
)
def test_steps_are_heard_in_the_words_of_many_trades_and_near_misses_are_not(
    part: str, recall: float, precision: float
) -> None:
    told: dict[str, Any] = measured(sentences(part))["steps"]["all"]

    assert told["said"] >= 150
    assert told["near_misses"] >= 80
    assert told["recall"] >= recall
    assert told["precision"] >= precision


def test_every_step_of_the_pack_has_sentences_for_and_against_it(book: Phrasebook) -> None:
    steps = {step.id for step in book.steps}

    for part in ("train", "unread"):
        rows = list(sentences(part))
        assert {row.step for row in rows if row.said} == steps
        assert {row.step for row in rows if not row.said} == steps


def test_no_step_sentence_of_the_unread_part_is_learned_from() -> None:
    read = {row.line for row in sentences("unread")}

    assert not {row.line for row in sentences("train")} & read


@pytest.mark.parametrize("call", GOOD_CALLS, ids=lambda call: call.id)
def test_a_good_call_loses_next_to_nothing(
    call: Conversation, book: Phrasebook, matcher: Matcher
) -> None:
    lines = tuple(SpokenLine(text=one.line, speaker=one.role) for one in call.lines)
    dialogue = Dialogue(lines=lines, shape="corpus", basis=Basis.WORDS)

    result = judge_dialogue(dialogue, ROLES, phrasebook=book, matcher=matcher)

    assert result.score.total is not None
    assert result.score.total >= 97
