from __future__ import annotations

import numpy as np
import pytest

from models.coverage import joined, rest_of
from models.recogniser import Samples, Transcript, Word


def loud(ms: int, *, until_ms: int) -> Samples:
    samples = np.zeros(ms * 16, np.float32)
    samples[: until_ms * 16] = 0.1
    return samples


def said(text: str, *, end_ms: int, confidence: float = 0.8, believed: bool = True) -> Transcript:
    each = end_ms // len(text)
    words = tuple(
        Word(text=c, begin_ms=i * each, end_ms=(i + 1) * each, confidence=confidence)
        for i, c in enumerate(text)
    )
    return Transcript(text=text, words=words, confidence=confidence, intelligible=believed)


@pytest.mark.parametrize(
    ("end_ms", "until_ms", "from_ms"),
    [(2_000, 4_000, 1_940), (3_500, 4_000, None), (2_000, 2_300, None)],
    ids=["two seconds unheard", "the last syllable's length", "silence after it"],
)
def test_sound_long_after_the_last_word_was_not_heard(
    end_ms: int, until_ms: int, from_ms: int | None
) -> None:
    rest = rest_of(loud(4_000, until_ms=until_ms), said("您好", end_ms=end_ms))
    assert rest == (None if from_ms is None else from_ms * 16)


def test_a_window_without_words_has_no_rest() -> None:
    assert rest_of(loud(4_000, until_ms=4_000), Transcript(text="", confidence=0)) is None


def test_the_rest_follows_in_text_and_time() -> None:
    whole = joined(said("马上处理", end_ms=2_000), said("三天", end_ms=800), 1_900 * 16)
    assert whole.text == "马上处理三天"
    assert "".join(word.text for word in whole.words) == whole.text
    assert [(w.begin_ms, w.end_ms) for w in whole.words[-2:]] == [(2_000, 2_300), (2_300, 2_700)]


def test_confidence_is_that_of_all_the_characters() -> None:
    first = said("马上处理", end_ms=2_000, confidence=0.9)
    assert joined(first, said("三天", end_ms=800, confidence=0.6), 0).confidence == (
        pytest.approx(0.8)
    )


def test_a_rest_that_is_not_to_be_believed_is_left_out() -> None:
    first = said("您好", end_ms=2_000)
    assert joined(first, said("嗯嗯", end_ms=500, believed=False), 32_000) == first
    assert joined(first, Transcript(text="", confidence=0), 32_000) == first


def test_words_that_were_heard_already_are_not_said_twice() -> None:
    whole = joined(said("扣了十六块", end_ms=2_000), said("十六块为什么", end_ms=1_200), 22_000)
    assert whole.text == "扣了十六块为什么"
    assert "".join(word.text for word in whole.words) == whole.text


def test_a_rest_of_nothing_new_changes_nothing() -> None:
    first = said("扣了十六块", end_ms=2_000)
    assert joined(first, said("十六块", end_ms=600), 22_000) == first
