"""What lies on the surface of speech does not hide a phrase."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_engine.matching import Matcher
from qa_engine.matching.text.edges import closes_clause, opens_clause
from qa_engine.matching.text.normalise import normalise
from qa_engine.matching.text.readings import other_readings
from tests.qa_engine.matching.calls import book, entry


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("我不知道", "我我我不不知道"),
        ("我做不到", "我我做不做不到啊"),
        ("随便您怎么投诉", "随便便您怎么投诉"),
        ("是您弄错了", "是恁整错了"),
        ("这么简单", "恁简单"),
        ("我不知道", "我是真的一点都不知道"),
        ("我不知道", "我压根儿不知道"),
        ("我不知道", "俺不知道"),
        ("我怎么知道", "我咋知道"),
        ("没有办法", "莫得办法"),
        ("您自己看", "您自个儿看"),
        ("跟我没一点关系", "跟我没一点儿关系"),
        ("我不知道", "我呢不知道"),
        ("我们这边办不了", "我们呢这边呢确实是办不了的呢"),
        ("我不知道", "我真no idea"),
        ("您查一下", "您check一下"),
        ("百分之百能过", "100%能过"),
        ("百分之百能过", "百分百能过"),
        ("三个人", "仨人"),
        ("打一二三零七", "打一二三洞拐"),
    ],
)
def test_phrase_is_found_under_its_surface(phrase: str, said: str) -> None:
    assert Matcher.from_phrases([phrase]).find(said)


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("退{金额}", "退¥50"),
        ("退{金额}", "退1.2万"),
        ("等{时间}", "等一刻钟"),
        ("{时间}来", "15:30来"),
        ("来{数字}个", "来三百二十个"),
    ],
)
def test_numbers_in_every_writing_fill_their_slot(pattern: str, said: str) -> None:
    assert Matcher(book(entry("x", pattern))).find(said)


@pytest.mark.parametrize(
    "text", ["我知道", "您的女儿在幼儿园", "儿童票", "谢谢您", "一一零", "请您稍等片刻"]
)
def test_plain_text_is_read_once(text: str) -> None:
    assert other_readings(normalise(text)) == []


@given(st.text("我不知道也真的都儿俺咋嗯呢就是这个办了没一点", max_size=20))
def test_every_reading_points_home(text: str) -> None:
    for reading in other_readings(normalise(text)):
        assert len(reading.offsets) == len(reading.text) + 1
        assert list(reading.offsets) == sorted(reading.offsets)
        for at in range(len(reading.text)):
            begin, end = reading.span(at, at + 1)
            assert 0 <= begin < end <= len(text)


@pytest.mark.parametrize(
    ("pattern", "said", "found"),
    [
        ("我不需要$", "我不需要", True),
        ("我不需要$", "我不需要了啊，谢谢", True),
        ("我不需要$", "我不需要发票", False),
        ("^不知道", "嗯，那不知道", True),
        ("^不知道", "您不知道", False),
        ("^办不了$", "办不了吧。再见", True),
        ("^办不了$", "这办不了", False),
    ],
)
def test_edges_of_a_clause_are_heeded(pattern: str, said: str, found: bool) -> None:
    assert bool(Matcher(book(entry("x", pattern))).find(said)) is found


def test_edges_are_those_of_the_text_as_written() -> None:
    assert opens_clause("好的，就是不知道", 5)
    assert not opens_clause("您就是不知道", 3)
    assert closes_clause("不知道呢！好", 3)
