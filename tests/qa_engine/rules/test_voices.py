"""Who spoke when, for how long and over whom, to the millisecond."""

from __future__ import annotations

import pytest

from models.recogniser import Word
from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.events import Role, Utterance
from qa_engine.rules.voices import (
    LEAD_MS,
    PAUSE_MS,
    TURN_GAP_MS,
    VoiceSpan,
    characters,
    interruptions,
    is_backchannel,
    overlaps,
    silences,
    speaking_ms,
    turns,
)

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


def spoke(number: int, role: Role, begin_ms: int, end_ms: int, text: str = "这个我说") -> Utterance:
    channel = 0 if role is AGENT else 1
    return Utterance(
        id=number, role=role, channel=channel, begin_ms=begin_ms, end_ms=end_ms, text=text
    )


def worded(*times: tuple[int, int]) -> Utterance:
    """An utterance of one-character words at these times."""
    words = tuple(Word(text="好", begin_ms=b, end_ms=e, confidence=1) for b, e in times)
    return Utterance(
        id=1,
        role=AGENT,
        channel=0,
        begin_ms=times[0][0],
        end_ms=max(end for _, end in times),
        text="好" * len(words),
        words=words,
    )


@pytest.mark.parametrize(
    ("times", "spoken_ms"),
    [
        ([(0, 200), (200, 500)], 500),
        ([(0, 200), (200 + PAUSE_MS, 1_400 + PAUSE_MS)], 1_400 + PAUSE_MS),
        ([(0, 200), (201 + PAUSE_MS, 401 + PAUSE_MS)], 400),
        ([(0, 500), (300, 700)], 700),
        ([(0, 500), (100, 400)], 500),
        ([(0, 500), (100, 400), (450, 600)], 600),
    ],
    ids=["in a row", "longest pause", "longer pause", "overlapping", "inside", "after one inside"],
)
def test_every_millisecond_of_speech_counts_once_and_a_long_pause_does_not(
    times: list[tuple[int, int]], spoken_ms: int
) -> None:
    assert speaking_ms(worded(*times)) == spoken_ms


def test_an_utterance_without_words_was_spoken_from_its_begin_to_its_end() -> None:
    assert speaking_ms(spoke(1, AGENT, 300, 1_700)) == 1_400


@pytest.mark.parametrize(
    ("gap_ms", "count"), [(0, 1), (TURN_GAP_MS, 1), (TURN_GAP_MS + 1, 2)], ids=str
)
def test_a_turn_ends_after_a_silence_longer_than_the_gap(gap_ms: int, count: int) -> None:
    one, other = spoke(1, AGENT, 0, 1_000), spoke(2, AGENT, 1_000 + gap_ms, 3_000 + gap_ms)

    found = list(turns([other, one]))

    assert len(found) == count
    assert (found[0].begin_ms, found[-1].end_ms) == (0, 3_000 + gap_ms)


def test_a_turn_lasts_until_its_last_word_though_a_later_utterance_ended_sooner() -> None:
    long, inside = spoke(1, AGENT, 0, 5_000), spoke(2, AGENT, 1_000, 2_000)
    later = spoke(3, AGENT, 5_000 + TURN_GAP_MS, 12_000)

    (turn,) = turns([long, inside, later])

    assert (turn.begin_ms, turn.end_ms) == (0, 12_000)


def test_silence_is_what_lies_between_sounds_after_the_first_word() -> None:
    ring = Stretch(kind=StretchKind.RING, begin_ms=0, end_ms=1_000)
    tone = Stretch(kind=StretchKind.RING, begin_ms=5_000, end_ms=6_000)
    said = [spoke(1, AGENT, 2_000, 3_000), spoke(2, CUSTOMER, 3_000, 4_000)]

    assert list(silences(said, 7_000, [ring, tone])) == [
        VoiceSpan(4_000, 5_000),
        VoiceSpan(6_000, 7_000),
    ]
    assert list(silences(said, 4_000)) == []
    assert list(silences([], 4_000, [ring])) == []


def test_who_began_second_overlaps_from_then_until_one_of_them_ends() -> None:
    first, second = spoke(1, CUSTOMER, 0, 3_000), spoke(2, AGENT, 1_000, 2_000)

    (found,) = overlaps([second, first])

    assert (found.begin_ms, found.end_ms, found.by, found.utterance) == (1_000, 2_000, AGENT, 2)
    assert list(overlaps([first, spoke(2, AGENT, 3_000, 4_000)])) == []
    assert list(overlaps([first, spoke(2, CUSTOMER, 1_000, 2_000)])) == []


@pytest.mark.parametrize(
    ("begin_ms", "end_ms", "text", "is_one"),
    [
        (2_000, 2_500, "我跟您解释", True),
        (2_000, 2_499, "我跟您解释", False),
        (2_000, 4_000, "嗯好的", False),
        (1_000 + LEAD_MS, 4_000, "我跟您解释", True),
        (999 + LEAD_MS, 4_000, "我跟您解释", False),
    ],
    ids=["long enough", "a millisecond less", "listening", "after the lead", "together"],
)
def test_an_interruption_is_the_agents_real_words_into_the_customers(
    begin_ms: int, end_ms: int, text: str, is_one: bool
) -> None:
    customer = spoke(1, CUSTOMER, 1_000, 6_000)
    agent = spoke(2, AGENT, begin_ms, end_ms, text)

    found = interruptions([agent, customer], 500)

    assert found == ([VoiceSpan(begin_ms, end_ms, 2)] if is_one else [])


@pytest.mark.parametrize(
    ("text", "count"), [("您好，我是 Amy。", 5), ("12 元", 3), ("……", 0), ("㐀鿿", 2)]
)
def test_a_character_a_digit_and_a_latin_word_count_one_each(text: str, count: int) -> None:
    assert characters(text) == count


@pytest.mark.parametrize(
    ("text", "listens"),
    [("嗯，好的。", True), ("明白明白", True), ("好的好的好", False), ("不是", False)],
)
def test_up_to_four_characters_of_agreement_take_nobodys_turn(text: str, listens: bool) -> None:
    assert is_backchannel(text) is listens
