from __future__ import annotations

import numpy as np
import pytest

from models import belief
from models.recogniser import Samples, Transcript, Word


def loud(ms: int) -> Samples:
    return np.full(ms * 16, 0.1, np.float32)


def said(text: str, begin_ms: int, end_ms: int, confidence: float = 0.8) -> Transcript:
    each = (end_ms - begin_ms) / max(1, len(text))
    words = tuple(
        Word(
            text=character,
            begin_ms=begin_ms + round(i * each),
            end_ms=begin_ms + round((i + 1) * each),
            confidence=confidence,
        )
        for i, character in enumerate(text)
    )
    return Transcript(text=text, words=words, confidence=confidence)


def test_a_text_that_fills_its_window_is_not_odd() -> None:
    assert not belief.odd(loud(2_000), said("您好请问", 100, 1_900))


@pytest.mark.parametrize(
    ("ms", "heard"),
    [
        (800, Transcript(text="", confidence=0.0)),
        (2_000, Transcript(text="您", confidence=0.1, intelligible=False)),
        (4_000, said("您好", 100, 800)),
        (4_000, said("您好请问", 2_500, 4_000)),
        (6_000, said("您好", 0, 5_900)),
    ],
    ids=["nothing heard", "not believed", "ends early", "begins late", "too little"],
)
def test_a_text_that_looks_wrong_is_odd(ms: int, heard: Transcript) -> None:
    assert belief.odd(loud(ms), heard)


def test_of_two_hearings_the_believed_one_is_kept_then_the_surer_one() -> None:
    doubted = Transcript(text="甲", confidence=0.9, intelligible=False)
    believed = Transcript(text="乙", confidence=0.5)
    surer = Transcript(text="丙", confidence=0.7)
    assert belief.better(doubted, believed) is believed
    assert belief.better(believed, doubted) is believed
    assert belief.better(believed, surer) is surer


def test_a_single_syllable_needs_less_to_be_believed_among_others_than_alone() -> None:
    words = said("嗯", 0, 300, 0.4).words
    alone = belief.judged(words, confidence=0.4, no_speech=0.0, length_ms=700, min_confidence=0.35)
    among = belief.in_pack(words, no_speech=0.0, length_ms=700, min_confidence=0.35)
    assert not alone.intelligible
    assert among.intelligible
