from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from models import times
from models.recogniser import Samples
from models.vocabulary import TokenPiece

PIECES = [TokenPiece("您", 0, 1), TokenPiece("好", 1, 2)]


def loud(ms: int, *, from_ms: int = 0) -> Samples:
    samples = np.zeros(ms * 16, np.float32)
    samples[from_ms * 16 :] = 0.1
    return samples


def test_words_stand_where_the_alignment_puts_them() -> None:
    alignment = SimpleNamespace(
        alignments=[(0, 5), (0, 6), (1, 20), (2, 40)], text_token_probs=[0.9, 0.5]
    )
    first, second = times.aligned(PIECES, alignment, loud(2_000))
    assert (first.begin_ms, first.end_ms) == (100, 400)
    assert (second.begin_ms, second.end_ms) == (400, 800)
    assert second.confidence == 0.5


def test_the_last_word_ends_with_the_window_where_the_alignment_says_nothing() -> None:
    alignment = SimpleNamespace(alignments=[(0, 5), (1, 20)], text_token_probs=[0.9, 0.5])
    assert times.aligned(PIECES, alignment, loud(600))[-1].end_ms == 600


def test_the_silence_before_the_first_word_is_not_its_own() -> None:
    alignment = SimpleNamespace(alignments=[(0, 0), (1, 40), (2, 90)], text_token_probs=[0.9, 0.5])
    first, last = times.aligned(PIECES, alignment, loud(2_000, from_ms=500))
    assert (first.begin_ms, first.end_ms) == (500, 800)
    assert (last.begin_ms, last.end_ms) == (800, 1_200)


def test_characters_of_one_token_share_its_time() -> None:
    alignment = SimpleNamespace(alignments=[(0, 0), (1, 30)], text_token_probs=[0.9])
    pieces = [TokenPiece(character, 0, 1) for character in "您好啊"]
    words = times.aligned(pieces, alignment, loud(1_000))
    assert [(word.begin_ms, word.end_ms) for word in words] == [(0, 200), (200, 400), (400, 600)]


def test_estimated_words_fill_the_sound_and_not_the_silence_around_it() -> None:
    samples = np.zeros(16_000, np.float32)
    samples[4_800:12_800] = 0.1
    words = times.estimated(PIECES, samples, 0.7)
    assert (words[0].begin_ms, words[-1].end_ms) == (300, 800)


def test_in_silence_estimated_words_fill_the_window() -> None:
    words = times.estimated(PIECES, np.zeros(16_000, np.float32), 0.7)
    assert (words[0].begin_ms, words[-1].end_ms) == (0, 1_000)


def test_a_number_read_out_at_the_beginning_keeps_the_time_of_all_its_digits() -> None:
    pieces = [TokenPiece("138085553316", 0, 3), TokenPiece("好", 3, 4)]
    alignment = SimpleNamespace(
        alignments=[(0, 20), (1, 60), (2, 100), (3, 150), (4, 165)], text_token_probs=[0.9] * 4
    )
    number, _ = times.aligned(pieces, alignment, loud(3_500, from_ms=400))
    assert (number.begin_ms, number.end_ms) == (400, 3_000)
