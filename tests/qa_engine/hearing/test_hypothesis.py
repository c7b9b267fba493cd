from __future__ import annotations

import numpy as np
import pytest

from models.recogniser import Transcript, Word
from qa_engine.events import Role
from qa_engine.hearing.ear import Window
from qa_engine.hearing.hypothesis import Hypothesis


def window(*, final: bool, spoken_ms: int = 2_000) -> Window:
    return Window(
        begin_ms=5_000,
        end_ms=7_000,
        speech_begin_ms=5_400,
        speech_end_ms=6_800,
        samples=np.zeros(32_000, np.float32),
        final=final,
        spoken_ms=spoken_ms,
        level_dbfs=-20.0,
    )


def hypothesis() -> Hypothesis:
    return Hypothesis(utterance=3, channel=1, role=Role.CUSTOMER)


def test_an_utterance_begins_and_ends_with_its_speech_not_with_its_window() -> None:
    said = hypothesis().revise(Transcript(text="您好", confidence=0.9), window(final=True))
    assert (said.begin_ms, said.end_ms) == (5_400, 6_800)


def test_a_word_heard_before_voice_activity_begins_the_utterance() -> None:
    words = (Word(text="您", begin_ms=150, end_ms=300, confidence=0.9),)
    heard = Transcript(text="您", words=words, confidence=0.9)
    assert hypothesis().revise(heard, window(final=True)).begin_ms == 5_150


def test_words_are_told_in_call_time_and_end_with_the_utterance() -> None:
    words = (
        Word(text="您", begin_ms=100, end_ms=300, confidence=0.9),
        Word(text="好", begin_ms=300, end_ms=2_500, confidence=0.9),
    )
    said = hypothesis().revise(
        Transcript(text="您好", words=words, confidence=0.9), window(final=True)
    )
    assert [(word.begin_ms, word.end_ms) for word in said.words] == [(5_100, 5_300), (5_300, 6_800)]


def test_all_of_a_final_is_stable() -> None:
    said = hypothesis().revise(Transcript(text="您好", confidence=0.9), window(final=True))
    assert said.is_final
    assert said.stable_chars == 2


def test_revisions_count_and_keep_the_id() -> None:
    growing = hypothesis()
    first = growing.revise(Transcript(text="您好", confidence=0.9), window(final=False))
    second = growing.revise(Transcript(text="您好吗", confidence=0.9), window(final=False))
    assert (first.id, first.revision, first.stable_chars) == (3, 0, 0)
    assert (second.id, second.revision, second.stable_chars) == (3, 1, 2)


def test_a_revision_that_contradicts_what_was_agreed_is_not_told_at_once() -> None:
    growing = hypothesis()
    told = [
        growing.revise(Transcript(text=text, confidence=0.9), window(final=False))
        for text in ("您好感谢", "您好感谢致", "你号", "您好感谢致电")
    ]
    assert [said and (said.text, said.revision) for said in told] == [
        ("您好感谢", 0),
        ("您好感谢致", 1),
        None,
        ("您好感谢致电", 2),
    ]


@pytest.mark.parametrize(
    ("kept", "agreed"), [("您好", "工号二零"), ("你好", "")], ids=["same", "rewritten"]
)
def test_what_was_agreed_before_a_long_turn_was_cut_stays_agreed(kept: str, agreed: str) -> None:
    turn, rest = hypothesis(), hypothesis()
    for text in ("您好工号二零", "您好工号二零一"):
        turn.revise(Transcript(text=text, confidence=0.9), window(final=False))
    turn.revise(Transcript(text=kept, confidence=0.9), window(final=True))
    rest.follow(turn)
    said = rest.revise(Transcript(text="工号二零一八", confidence=0.9), window(final=False))
    assert said is not None
    assert said.text[: said.stable_chars] == agreed


def test_too_much_text_for_the_speech_is_unintelligible() -> None:
    made_up = Transcript(text="感谢您的来电祝您生活愉快再见", confidence=0.9)
    said = hypothesis().revise(made_up, window(final=True, spoken_ms=400))
    assert not said.intelligible


def test_traditional_characters_come_out_simplified_in_their_places() -> None:
    words = tuple(
        Word(text=character, begin_ms=i * 100, end_ms=i * 100 + 100, confidence=0.9)
        for i, character in enumerate("這個不歸我們管")
    )
    heard = Transcript(text="這個不歸我們管", words=words, confidence=0.9)
    said = hypothesis().revise(heard, window(final=True))
    assert said.text == "这个不归我们管"
    assert "".join(word.text for word in said.words) == said.text
