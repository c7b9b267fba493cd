"""Text is folded for matching, and every folded character knows where it came from."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa_engine.matching.text.normalise import fold, normalise
from qa_engine.matching.text.readings import other_readings


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("我，不 知道。", "我不知道"),
        ("ＶＩＰ用户", "vip用户"),
        ("這不歸我管", "这不归我管"),
        ("8.5%", "八点五%"),
        ("１２３１５", "一二三一五"),
        ("1,000元", "一零零零元"),
        ("①㎏", "一kg"),
        ("<unk>好", "\ufffd好"),
        ("二〇二四", "二零二四"),
        ("😀！……", ""),
    ],
)
def test_text_is_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=30))
def test_every_folded_character_stands_in_the_original(text: str) -> None:
    found = normalise(text)
    assert len(found.offsets) == len(found.text) + 1
    for at, character in enumerate(found.text):
        begin, end = found.span(at, at + 1)
        assert end == begin + 1
        assert character in fold(text[begin:end]) or character in "点\ufffd"


@example("是知我是知我这然")
@given(st.text("我不知道嗯呃那个这就是然后，", max_size=20))
def test_hesitation_is_left_out_and_offsets_still_point_home(text: str) -> None:
    heard = normalise(text)
    for shorter in other_readings(heard):
        assert len(shorter.text) < len(heard.text)
        for at, character in enumerate(shorter.text):
            begin, end = shorter.span(at, at + 1)
            assert text[begin:end] == character


def test_text_without_hesitation_is_read_once() -> None:
    assert other_readings(normalise("我不知道")) == []
