from __future__ import annotations

import numpy as np
import pytest

from models import belief
from models.recogniser import Samples, Transcript, Word
from models.trust import Trust


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


BASE = Trust(sentence=0.48, word=0.18)
UNMEASURED = Trust(sentence=0.35, word=0.45)


@pytest.mark.parametrize(
    ("text", "sound_ms", "confidence", "trust", "believed"),
    [
        ("嗯", 400, 0.2, BASE, True),
        ("不对。", 700, 0.2, BASE, True),
        ("嗯", 400, 0.15, BASE, False),
        ("嗯", 3_000, 0.2, BASE, False),
        ("Bye", 400, 0.2, BASE, False),
        ("您好请问", 1_000, 0.45, BASE, False),
        ("您好请问", 1_000, 0.5, BASE, True),
        ("嗯", 400, 0.4, UNMEASURED, False),
        ("您好请问", 1_000, 0.4, UNMEASURED, True),
    ],
)
def test_what_it_takes_to_be_believed_depends_on_the_model_and_on_how_much_was_said(
    text: str, sound_ms: int, confidence: float, trust: Trust, believed: bool
) -> None:
    words = said(text, 0, sound_ms, confidence).words
    heard = belief.judged(words, loud(sound_ms), confidence=confidence, no_speech=0.0, trust=trust)
    assert heard.intelligible is believed


def test_an_utterance_in_a_pack_is_as_sure_as_its_own_words() -> None:
    words = said("您好请问", 0, 1_500, 0.64).words
    heard = belief.in_pack(words, loud(1_500), no_speech=0.0, trust=BASE)
    assert heard.confidence == pytest.approx(0.64)
    assert heard.intelligible
