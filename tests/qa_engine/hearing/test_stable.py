from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_engine.hearing.stable import StablePrefix


def stable(*revisions: str) -> list[str | None]:
    """What is stable after each revision; None for one that is passed over."""
    prefix = StablePrefix()
    counts = [prefix.revise(text) for text in revisions]
    return [None if n is None else text[:n] for n, text in zip(counts, revisions, strict=True)]


def test_one_revision_is_agreed_with_nobody() -> None:
    assert stable("您好") == [""]


def test_what_two_revisions_agree_on_is_stable() -> None:
    assert stable("您好很高心", "您好很高兴为您") == ["", "您好很高"]


def test_the_last_character_of_a_text_is_held_back() -> None:
    assert stable("您好很高", "您好很高") == ["", "您好很"]


def test_the_stable_part_grows() -> None:
    assert stable("我不知", "我不知道这", "我不知道这个事") == ["", "我不知", "我不知道这"]


def test_one_contradiction_is_passed_over() -> None:
    assert stable("我不知道", "我不知道这", "我不支", "我不知道这个") == [
        "",
        "我不知道",
        None,
        "我不知道",
    ]


def test_a_second_contradiction_takes_back_only_what_it_contradicts() -> None:
    assert stable("我不知道", "我不知道这", "我不支", "我不支持") == [
        "",
        "我不知道",
        None,
        "我不支",
    ]


def test_contradictions_count_only_in_a_row() -> None:
    assert stable("我不知", "我不知道", "我只", "我不知道这", "我只好") == [
        "",
        "我不知",
        None,
        "我不知",
        None,
    ]


@given(st.lists(st.text(alphabet="您好我不", max_size=6), max_size=8))
def test_the_stable_part_is_never_longer_than_the_text(revisions: list[str]) -> None:
    prefix = StablePrefix()
    for text in revisions:
        count = prefix.revise(text)
        assert count is None or 0 <= count <= len(text)
