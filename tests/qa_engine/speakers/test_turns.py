from __future__ import annotations

from dataclasses import replace
from itertools import count

from models.recogniser import Word
from qa_engine.events import Role, Utterance
from qa_engine.speakers.prints import VoicedPiece
from qa_engine.speakers.turns import split


def said(text: str, *, gap_after: int | None = None, words: bool = True) -> Utterance:
    """A character each 200 ms; `gap_after` that many characters 300 ms of silence."""
    spoken, at_ms = [], 0
    for number, sign in enumerate(text):
        spoken.append(Word(text=sign, begin_ms=at_ms, end_ms=at_ms + 180, confidence=1.0))
        at_ms += 200 + (300 if number + 1 == gap_after else 0)
    return Utterance(
        id=7,
        role=Role.AGENT,
        channel=0,
        begin_ms=0,
        end_ms=at_ms,
        text=text,
        words=tuple(spoken) if words else (),
    )


def cut(utterance: Utterance, *pieces: VoicedPiece) -> list[Utterance]:
    numbers = count(100)
    return split(
        utterance,
        pieces,
        lambda voice: (Role.AGENT, Role.CUSTOMER)[voice],
        lambda: next(numbers),
    )


def test_each_part_has_its_words_its_role_and_its_certainty() -> None:
    whole = said("还有别的吗没有了", gap_after=5)
    parts = cut(whole, VoicedPiece(0, 1_000, 0, 0.9), VoicedPiece(1_000, whole.end_ms, 1, 0.8))
    assert [(p.text, p.role, p.role_confidence) for p in parts] == [
        ("还有别的吗", Role.AGENT, 0.9),
        ("没有了", Role.CUSTOMER, 0.8),
    ]
    assert [part.id for part in parts] == [7, 100]


def test_the_cut_falls_into_the_pause_near_where_the_voice_changes() -> None:
    whole = said("还有别的吗没有了", gap_after=5)
    parts = cut(whole, VoicedPiece(0, 1_400, 0, 0.9), VoicedPiece(1_400, whole.end_ms, 1, 0.8))
    assert [part.text for part in parts] == ["还有别的吗", "没有了"]


def test_no_word_is_lost_or_said_twice() -> None:
    whole = said("还有别的吗没有了")
    for at_ms in range(0, whole.end_ms, 100):
        parts = cut(whole, VoicedPiece(0, at_ms, 0, 0.9), VoicedPiece(at_ms, whole.end_ms, 1, 0.8))
        assert "".join(part.text for part in parts) == whole.text
        assert [w for part in parts for w in part.words] == list(whole.words)


def test_two_voices_without_word_times_are_nobody_s() -> None:
    whole = said("还有别的吗没有了", words=False)
    (only,) = cut(whole, VoicedPiece(0, 1_000, 0, 0.9), VoicedPiece(1_000, whole.end_ms, 1, 0.8))
    assert only.role_confidence == 0


def test_where_no_pause_shows_the_change_the_words_around_it_are_nobodys() -> None:
    whole = said("我帮您查一下我不知道什么时候")
    parts = cut(whole, VoicedPiece(0, 1_200, 0, 0.9), VoicedPiece(1_200, whole.end_ms, 1, 0.8))
    known = [(part.text, part.role) for part in parts if part.role_confidence >= 0.5]
    (both,) = [part for part in parts if part.role_confidence == 0]
    assert [role for _, role in known] == [Role.AGENT, Role.CUSTOMER]
    assert 400 <= both.end_ms - both.begin_ms <= 800
    assert "".join(part.text for part in parts) == whole.text


def test_a_quick_answer_after_a_tenth_of_a_second_is_cut_clean() -> None:
    whole = said("还有别的吗没有了")
    words = [
        replace(word, begin_ms=word.begin_ms + 100 * (n > 4), end_ms=word.end_ms + 100 * (n > 4))
        for n, word in enumerate(whole.words)
    ]
    whole = replace(whole, words=tuple(words), end_ms=whole.end_ms + 100)
    parts = cut(whole, VoicedPiece(0, 1_000, 0, 0.9), VoicedPiece(1_000, whole.end_ms, 1, 0.8))
    assert [(part.text, part.role_confidence) for part in parts] == [
        ("还有别的吗", 0.9),
        ("没有了", 0.8),
    ]


def test_a_short_piece_between_two_changes_may_be_nobodys_altogether() -> None:
    whole = said("我帮您查一下好那就这样吧")
    parts = cut(
        whole,
        VoicedPiece(0, 1_200, 0, 0.9),
        VoicedPiece(1_200, 1_400, 1, 0.8),
        VoicedPiece(1_400, whole.end_ms, 0, 0.9),
    )
    assert "".join(part.text for part in parts) == whole.text
    assert Role.CUSTOMER not in [part.role for part in parts if part.role_confidence >= 0.5]
