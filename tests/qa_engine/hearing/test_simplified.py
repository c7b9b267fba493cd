from __future__ import annotations

import pytest

from qa_engine.hearing.simplified import simplified


@pytest.mark.parametrize(
    ("heard", "written"),
    [
        ("乾隆年間的餅乾", "乾隆年间的饼干"),
        ("他接著說", "他接着说"),
        ("很著名的著作", "很著名的著作"),
        ("這邊幫您瞭解一下", "这边帮您了解一下"),
        ("瞭望塔", "瞭望塔"),
        ("持股計畫", "持股计划"),
        ("妳好", "你好"),
        ("什么这么怎么办", "什么这么怎么办"),
        ("么", "么"),
        ("著名景点", "著名景点"),
        ("abc 123", "abc 123"),
        ("", ""),
    ],
)
def test_traditional_characters_become_those_of_the_word_they_stand_in(
    heard: str, written: str
) -> None:
    assert simplified(heard) == written


def test_no_character_moves() -> None:
    text = "銷售中心內依然不斷有銷唯人員帶著客戶前來部2023年OK。" * 3
    assert len(simplified(text)) == len(text)
