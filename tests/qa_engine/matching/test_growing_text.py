"""A growing text is read from where it changed, and the matches are those of a whole reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook.model import Phrasebook
from qa_engine.events import Tier
from qa_engine.matching import Match, Matcher
from qa_engine.matching.call.growing_text import GrowingText
from qa_engine.matching.call.watchlist import Watchlist
from tests.qa_engine.matching.calls import book, entry, near, step


class Counting:
    """Finds every 甲, and counts how many characters it was asked to read."""

    def __init__(self) -> None:
        self.chars = 0

    def find(self, text: str, *, min_score: float | None = None) -> Sequence[Match]:
        self.chars += len(text)
        if (0.5 if min_score is None else min_score) > 0.6:
            return []
        return [
            Match("x", "entry", "甲", at, at + 1, "甲", Tier.EXACT, 0.6, "", 0)
            for at, char in enumerate(text)
            if char == "甲"
        ]

    def without_exceptions(self) -> Counting:
        return self


def test_same_text_is_not_read_twice() -> None:
    finder = Counting()
    growing = GrowingText(finder)
    growing.read("甲乙")
    growing.read("甲乙")
    assert finder.chars == 2


def test_long_text_is_read_from_shortly_before_the_change() -> None:
    finder = Counting()
    growing = GrowingText(finder, reach=5)
    long = "甲" + "乙" * 100
    growing.read(long)
    finder.chars = 0
    matches = growing.read(long + "丙甲")
    assert finder.chars == 12
    assert [match.begin for match in matches] == [0, 102]


def test_final_is_read_whole() -> None:
    finder = Counting()
    growing = GrowingText(finder, reach=5)
    growing.read("乙" * 100)
    growing.read("乙" * 101)
    finder.chars = 0
    growing.read("乙" * 101, final=True)
    growing.read("乙" * 101, final=True)
    assert finder.chars == 101


def test_matches_near_the_seam_move_it_to_the_left() -> None:
    finder = Counting()
    growing = GrowingText(finder, reach=5)
    long = "乙" * 50 + "甲" + "乙" * 4
    growing.read(long)
    finder.chars = 0
    assert [match.begin for match in growing.read(long + "丙")] == [50]
    assert finder.chars == 16


@pytest.mark.parametrize("tail", ["嗯" * 50, "1" * 50, "那个" * 25, "，" * 50])
def test_hesitation_and_numbers_are_no_distance(tail: str) -> None:
    finder = Counting()
    growing = GrowingText(finder, reach=5)
    growing.read("乙" * 8 + tail)
    finder.chars = 0
    growing.read("乙" * 8 + tail + "丙")
    assert finder.chars == 9 + 50


def test_fading_matches_are_those_above_the_lower_threshold_of_their_owner() -> None:
    growing = GrowingText(Counting())
    growing.read("甲")
    assert len(growing.fading({"x": 0.55})) == 1
    assert growing.fading({"x": 0.65}) == []
    assert growing.fading({"y": 0.1}) == []
    assert growing.fading({}) == []


PIECES = (
    "我不知道",
    "我不之道",
    "我嗯不",
    "知道",
    "您是否方便",
    "年化",
    "百分之八",
    "8%",
    "仅供参考",
    "保证",
    "收益",
    "不",
    "那个",
    "十五",
    "，",
    "嗯",
    "天气很好",
    "订单已经发货",
)


@cache
def rules() -> tuple[Matcher, int]:
    one: Phrasebook = book(
        entry("dont-know", "我[真的]不知道", unless=["我不知道您是否方便"]),
        entry("yield", "年化 ...3 {百分比}", unless=[near("仅供参考", 4)]),
        entry("promise", "保证 & 收益", unless=["不保证"]),
        step("sent", "订单已经发货"),
    )
    return Matcher(one), Watchlist.compile(one, Matcher).reach


def alike(pieced: Sequence[Match], whole: Sequence[Match]) -> bool:
    """Equal, but for the last digits of a score: sums over longer texts are rounded elsewhere."""
    near = all(abs(a.score - b.score) < 0.001 for a, b in zip(pieced, whole, strict=True))
    return near and [replace(m, score=0) for m in pieced] == [replace(m, score=0) for m in whole]


@settings(max_examples=100, deadline=None)
@given(
    begin=st.lists(st.sampled_from(PIECES), max_size=12),
    calm=st.integers(0, 30),
    tails=st.lists(st.lists(st.sampled_from(PIECES), max_size=4), max_size=4),
)
def test_any_path_of_revisions_finds_what_a_whole_reading_finds(
    begin: list[str], calm: int, tails: list[list[str]]
) -> None:
    matcher, reach = rules()
    growing = GrowingText(matcher, reach)
    text = "".join(begin) + "今天天气很好" * calm
    assert alike(growing.read(text), matcher.find(text))
    for tail in tails:
        text = text[: len(text) - len(tail)] + "".join(tail)
        assert alike(growing.read(text), matcher.find(text))
