"""Tokens and their times as words; what a recogniser tells beside the text."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from models.recogniser import Samples
from models.sherpa.hotwords import spelled
from models.sherpa.words import UNTOLD, SherpaResult, transcript
from models.trust import Trust

TRUST = Trust(sentence=0.35, word=0.45)


def speech(seconds: float) -> Samples:
    noise = np.random.default_rng(3).normal(0.0, 0.1, round(seconds * 16_000))
    return noise.astype(np.float32)


def test_tokens_with_times_become_words_that_spell_the_text() -> None:
    told = SherpaResult(
        text="您好我是", tokens=("您", "好", "我", "是"), begins_s=(0.2, 0.44, 1.6, 1.8)
    )
    heard = transcript(told, speech(2.2), TRUST)
    assert [(word.text, word.begin_ms, word.end_ms) for word in heard.words] == [
        ("您", 200, 440),
        ("好", 440, 840),
        ("我", 1600, 1800),
        ("是", 1800, 2200),
    ]
    assert heard.text == "您好我是"
    assert heard.confidence == UNTOLD
    assert heard.intelligible


def test_pieces_of_latin_words_are_one_word() -> None:
    for tokens in (("▁YOU", "TU", "BE", "好"), ("you@@", "tu@@", "be", "好")):
        text = "".join(tokens).replace("▁", "").replace("@@", "")
        told = SherpaResult(text=text, tokens=tokens, begins_s=(0.1, 0.3, 0.5, 0.9))
        words = transcript(told, speech(1.4), TRUST).words
        assert [(word.text.lower(), word.begin_ms) for word in words] == [
            ("youtube", 100),
            ("好", 900),
        ]


@pytest.mark.parametrize(
    ("tokens", "begins_s"),
    [((), ()), (("<0xE4>", "<0xBD>", "<0xA0>"), (0.1, 0.1, 0.1)), (("您", "好"), (0.1,))],
    ids=["none", "bytes", "fewer times"],
)
def test_without_times_for_the_text_they_are_estimated(
    tokens: tuple[str, ...], begins_s: tuple[float, ...]
) -> None:
    heard = transcript(
        SherpaResult(text="您好", tokens=tokens, begins_s=begins_s), speech(1.0), TRUST
    )
    assert [word.text for word in heard.words] == ["您", "好"]
    assert 0 <= heard.words[0].begin_ms < heard.words[1].begin_ms < 1000


def test_the_probabilities_are_the_confidence() -> None:
    told = SherpaResult(
        text="您好", tokens=("您", "好"), begins_s=(0.1, 0.3), log_probabilities=(log(0.2),) * 2
    )
    heard = transcript(told, speech(1.0), TRUST)
    assert heard.confidence == pytest.approx(0.2)
    assert not heard.intelligible


def test_punctuation_and_tags_are_nobodys_words() -> None:
    told = SherpaResult(
        text="<|zh|>您好，我在。", tokens=("您", "好", "，", "我", "在", "。"), begins_s=(0.0,) * 6
    )
    assert transcript(told, speech(1.0), TRUST).text == "您好我在"


@pytest.mark.parametrize(
    ("emotion", "event", "expected"),
    [
        ("<|ANGRY|>", "<|Laughter|>", ("angry", "laughter")),
        ("<|EMO_UNKNOWN|>", "<|Speech|>", ("", "speech")),
        ("", "", ("", "")),
    ],
)
def test_what_is_told_of_emotion_and_events_is_kept(
    emotion: str, event: str, expected: tuple[str, str]
) -> None:
    told = SherpaResult(text="您好", emotion=emotion, event=event)
    heard = transcript(told, speech(1.0), TRUST)
    assert (heard.emotion, heard.event) == expected


def test_a_second_without_text_was_not_understood() -> None:
    assert not transcript(SherpaResult(text=""), speech(1.5), TRUST).intelligible
    assert transcript(SherpaResult(text=""), speech(0.4), TRUST).intelligible


def test_a_loop_is_not_believed() -> None:
    assert not transcript(SherpaResult(text="好的" * 9), speech(6.0), TRUST).intelligible


def test_hotwords_that_the_model_cannot_write_are_left_out() -> None:
    known = {"申", "通", "退", "款"}
    assert spelled(["申通", "退款", "驿站", "a/b", "申通", "VIP"], known) == "申通/退款/VIP"
