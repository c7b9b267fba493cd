from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import CorruptModel
from models.vocabulary import TokenPiece, Vocabulary
from tests.models import tiny_whisper


def ids(text: str) -> list[int]:
    return [tiny_whisper.VOCABULARY.index(character) for character in text]


def test_the_prompt_is_mandarin_without_timestamps(whole_model: Path) -> None:
    prompt = Vocabulary.load(whole_model).prompt()
    assert [tiny_whisper.VOCABULARY[token] for token in prompt] == [
        "<|startoftranscript|>",
        "<|zh|>",
        "<|transcribe|>",
        "<|notimestamps|>",
    ]


def test_a_model_without_language_tokens_is_prompted_without_them(model: Path) -> None:
    tokenizer = model / "tokenizer.json"
    text = tokenizer.read_text().replace("<|zh|>", "<|xx|>").replace("<|transcribe|>", "<|yy|>")
    tokenizer.write_text(text)
    assert len(Vocabulary.load(model).prompt()) == 2


def test_a_model_of_mandarin_alone_is_not_told_the_language(whole_model: Path) -> None:
    assert len(Vocabulary.load(whole_model).prompt(language=False)) == 2


def test_pieces_spell_the_text_with_latin_words_whole(whole_model: Path) -> None:
    vocabulary = Vocabulary.load(whole_model)
    tokens = ids("您好ABC，12谢")
    pieces = vocabulary.pieces(tokens)
    assert [piece.text for piece in pieces] == ["您", "好", "ABC", "，", "12", "谢"]
    assert pieces[2] == TokenPiece("ABC", 2, 5)


def test_control_tokens_are_not_spoken(whole_model: Path) -> None:
    vocabulary = Vocabulary.load(whole_model)
    assert vocabulary.spoken([2, *ids("您好"), 1]) == ids("您好")


def test_a_tokenizer_of_another_kind_is_refused(model: Path) -> None:
    (model / "tokenizer.json").write_text('{"model": "none"}')
    with pytest.raises(CorruptModel, match="tokenizer"):
        Vocabulary.load(model)


def test_hotwords_stand_before_the_prompt_as_if_said_before(whole_model: Path) -> None:
    before = tiny_whisper.VOCABULARY.index("<|startofprev|>")
    expected = Vocabulary.load(whole_model).expecting("您好ABC")
    assert expected[0] == before
    assert expected[-5:] == ids("您好ABC")


def test_no_words_are_no_hotwords(whole_model: Path) -> None:
    assert Vocabulary.load(whole_model).expecting("  ") == []


def test_more_hotwords_than_the_model_has_room_for_are_cut(whole_model: Path) -> None:
    assert len(Vocabulary.load(whole_model).expecting("我" * 500)) == 201


def test_a_model_that_knows_no_text_before_expects_nothing(model: Path) -> None:
    tokenizer = model / "tokenizer.json"
    tokenizer.write_text(tokenizer.read_text().replace("<|startofprev|>", "<|xx|>"))
    assert Vocabulary.load(model).expecting("您好") == []


def test_a_timestamp_that_the_tokenizer_lists_as_a_word_is_not_spoken(model: Path) -> None:
    tokenizer = model / "tokenizer.json"
    listed = tokenizer.read_text(encoding="utf-8")
    written = '"谢"' if '"谢"' in listed else '"\\u8c22"'
    tokenizer.write_text(listed.replace(written, '"<|0.84|>"'), encoding="utf-8")
    vocabulary = Vocabulary.load(model)
    assert vocabulary.spoken([*ids("您好"), *ids("谢"), *ids("再见")]) == ids("您好再见")


def test_a_token_that_the_tokenizer_does_not_know_is_not_spoken(whole_model: Path) -> None:
    vocabulary = Vocabulary.load(whole_model)
    beyond = len(tiny_whisper.VOCABULARY) + 40
    assert vocabulary.spoken([*ids("您好"), beyond, *ids("再见")]) == ids("您好再见")


def test_letters_and_digits_can_stay_as_their_tokens_have_them(whole_model: Path) -> None:
    pieces = Vocabulary.load(whole_model).pieces(ids("您AB12"), whole=False)
    assert [piece.text for piece in pieces] == ["您", "A", "B", "1", "2"]
