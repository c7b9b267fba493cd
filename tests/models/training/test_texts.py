from __future__ import annotations

import random

import pytest

from models.training import dialogues, grammar, pack, texts
from models.training.pronounce import characters
from models.training.vocabulary import spellable


def test_training_sentences_are_never_held_out() -> None:
    r = random.Random(1)
    drawn = [texts.draw(r) for _ in range(1500)]
    assert not [text for text in drawn if texts.is_held_out(text)]


def test_no_training_sentence_is_an_evaluation_sentence() -> None:
    r = random.Random(2)
    evaluation = {characters(line) for line in grammar.lines("evaluation")}
    assert evaluation.isdisjoint(characters(texts.draw(r)) for _ in range(1500))


def test_every_evaluation_sentence_is_held_out() -> None:
    assert all(texts.is_held_out(line) for line in grammar.lines("evaluation"))


@pytest.mark.parametrize("seed", range(14))
def test_sentences_of_generated_calls_are_held_out(seed: int) -> None:
    turns = dialogues.write(seed).turns
    sentences = [s for turn in turns for s in turn.text.split("。") if s]
    assert all(texts.is_held_out(sentence) for sentence in sentences)


def test_the_same_seed_draws_the_same_sentences() -> None:
    assert [texts.draw(random.Random(3)) for _ in range(5)] == [
        texts.draw(random.Random(3)) for _ in range(5)
    ]


@pytest.mark.parametrize("name", ["agent", "customer", "chat", "near_miss", "evaluation", "demo"])
def test_every_template_is_spellable(name: str) -> None:
    assert [line for line in grammar.lines(name) if not spellable(line)] == []


@pytest.mark.parametrize("name", ["forbidden", "dialogues"])
def test_every_sourced_template_is_spellable(name: str) -> None:
    assert [t for _, t in grammar.sourced(name) if not spellable(t)] == []


@pytest.mark.parametrize(
    "name", ["agent", "customer", "chat", "near_miss", "forbidden", "dialogues"]
)
def test_every_template_expands(name: str) -> None:
    r = random.Random(4)
    templates = grammar.lines(name)
    if name in ("forbidden", "dialogues"):
        templates = tuple(t for _, t in grammar.sourced(name))
    for template in templates:
        assert not set(grammar.expand(template, r)) & set("(){}|")


def test_fragments_are_as_short_as_the_curriculum_says() -> None:
    r = random.Random(5)
    assert all(len(texts.draw(r, texts.NARROW)) <= 4 for _ in range(200))


def test_forbidden_phrases_are_a_small_part_of_what_is_trained() -> None:
    r = random.Random(6)
    drawn = [texts.draw(r) for _ in range(3000)]
    assert sum("我不知道" in text for text in drawn) < 0.03 * len(drawn)


def test_a_pattern_of_the_pack_becomes_plain_words() -> None:
    said = {pack.expand("我[们][也|真的]不(知道|晓得)", random.Random(i)) for i in range(40)}
    assert {"我不知道", "我们也不晓得"} <= said
    assert all(set(s) <= set("我们也真的不知道晓得") for s in said)
