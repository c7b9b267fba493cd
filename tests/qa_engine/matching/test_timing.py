"""When each character was said."""

from __future__ import annotations

from models.recogniser import Word
from qa_engine.events import Role, Utterance
from qa_engine.matching.call.timing import CharTimes


def utterance(text: str, *words: Word) -> Utterance:
    return Utterance(
        id=1,
        role=Role.AGENT,
        channel=0,
        begin_ms=1_000,
        end_ms=2_000,
        text=text,
        words=words,
        confidence=0.8,
    )


def word(text: str, begin_ms: int, end_ms: int, confidence: float = 0.6) -> Word:
    return Word(text=text, begin_ms=begin_ms, end_ms=end_ms, confidence=confidence)


def test_words_give_their_own_times() -> None:
    times = CharTimes(utterance("不行", word("不", 1_100, 1_300), word("行", 1_500, 1_900)))
    assert times.span_ms(0, 2) == (1_100, 1_900)
    assert times.span_ms(1, 2) == (1_500, 1_900)


def test_without_words_the_text_is_spread_over_the_utterance() -> None:
    times = CharTimes(utterance("一二三四"))
    assert times.span_ms(1, 3) == (1_250, 1_750)
    assert times.confidence(0, 4) == 0.8


def test_punctuation_lies_between_its_neighbours() -> None:
    times = CharTimes(utterance("不，行", word("不", 1_000, 1_200), word("行", 1_600, 1_900)))
    assert times.span_ms(1, 2) == (1_200, 1_600)


def test_part_of_a_long_word_takes_its_share() -> None:
    assert CharTimes(utterance("95598", word("95598", 1_000, 2_000))).span_ms(1, 3) == (
        1_200,
        1_600,
    )


def test_word_that_the_text_does_not_hold_is_passed_over() -> None:
    times = CharTimes(utterance("不行", word("没", 1_000, 1_100), word("行", 1_500, 1_900)))
    assert times.span_ms(0, 1) == (1_000, 1_500)


def test_span_never_ends_before_it_begins() -> None:
    times = CharTimes(utterance("不行", word("不", 1_500, 1_600), word("行", 1_200, 1_300)))
    assert times.span_ms(0, 2) == (1_500, 1_500)


def test_confidence_is_the_mean_over_the_characters() -> None:
    times = CharTimes(utterance("不行", word("不", 0, 1, 0.2), word("行", 1, 2, 0.6)))
    assert abs(times.confidence(0, 2) - 0.4) < 1e-9
