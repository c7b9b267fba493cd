"""Numbers are found however they are said or written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_engine.matching.text.normalise import fold
from qa_engine.matching.text.numerals import SLOTS, spellings, spoken, value_of


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (8, "八"),
        (10, "十"),
        (15, "十五"),
        (206, "二百零六"),
        (3000, "三千"),
        (12_050, "一万二千零五十"),
    ],
)
def test_number_is_spoken(number: int, said: str) -> None:
    assert spoken(number) == said


@given(st.integers(1, 99_999_999))
def test_spoken_number_is_read_back(number: int) -> None:
    assert value_of(spoken(number)) == number


@pytest.mark.parametrize("run", ["一五", "万一", "一二三一五", "百"])
def test_run_that_is_no_number_has_no_value(run: str) -> None:
    assert value_of(run) is None


@pytest.mark.parametrize(
    ("typed", "spelling"),
    [
        ("15天", "十五天"),
        ("十五天", "15天"),
        ("年化8%", "年化百分之八"),
        ("百分之八", "八%"),
        ("两百块", "200块"),
    ],
)
def test_phrase_is_searched_in_its_other_spellings(typed: str, spelling: str) -> None:
    assert fold(spelling) in map(fold, spellings(typed))


@pytest.mark.parametrize(
    ("slot", "text", "found"),
    [
        ("百分比", "年化百分之八点五左右", "百分之八点五"),
        ("百分比", "年化8.5%", "八点五%"),
        ("百分比", "有八个点", "八个点"),
        ("金额", "赔您三百块钱", "三百块钱"),
        ("金额", "一万二", "一万二"),
        ("时间", "三个工作日内", "三个工作日"),
        ("时间", "下午三点半", "三点半"),
        ("电话", "请打12315", "一二三一五"),
        ("数字", "还有三名", "三"),
    ],
)
def test_slot_is_found(slot: str, text: str, found: str) -> None:
    match = SLOTS[slot].search(fold(text))
    assert match is not None
    assert match[0] == found
