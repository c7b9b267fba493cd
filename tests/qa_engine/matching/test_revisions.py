"""Text that is heard again: where things moved, what is settled, what is read anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_engine.events import Tier
from qa_engine.matching.call.revisions import Shift, apart, overlap, settled_chars
from qa_engine.matching.match import Match


def found(begin: int, end: int, score: float = 1.0, owner: str = "x") -> Match:
    return Match(
        owner=owner,
        kind="entry",
        phrase="p",
        begin=begin,
        end=end,
        heard="",
        tier=Tier.EXACT,
        score=score,
        why="",
        pattern_index=0,
    )


@pytest.mark.parametrize(
    ("old", "new", "span", "moved"),
    [
        pytest.param("我不知道", "我不知道了", (0, 4), (0, 4), id="grown"),
        pytest.param("我不知道", "那我不知道", (0, 4), (1, 5), id="pushed right"),
        pytest.param("嗯那我不知道", "我不知道", (2, 6), (0, 4), id="pulled left"),
        pytest.param("我不知道好", "我不之道好", (0, 5), (0, 5), id="changed inside"),
        pytest.param("我不知道", "", (0, 4), (0, 0), id="gone"),
        pytest.param("哈哈哈", "哈哈", (2, 3), (2, 2), id="cut off"),
    ],
)
def test_shift_follows_a_span(
    old: str, new: str, span: tuple[int, int], moved: tuple[int, int]
) -> None:
    assert Shift.between(old, new).move(*span) == moved


@given(st.text("甲乙丙", max_size=8), st.text("甲乙丙", max_size=8))
def test_shift_keeps_order_and_stays_inside(old: str, new: str) -> None:
    shift = Shift.between(old, new)
    places = [shift.move(index, index)[0] for index in range(len(old) + 1)]
    assert places == sorted(places)
    assert all(0 <= place <= len(new) for place in places)


@given(st.text("甲乙丙", max_size=8), st.text("甲乙丙", max_size=8))
def test_common_beginning_and_end_do_not_overlap(old: str, new: str) -> None:
    shift = Shift.between(old, new)
    assert shift.prefix + shift.suffix <= min(len(old), len(new))
    assert old[: shift.prefix] == new[: shift.prefix]
    assert old[len(old) - shift.suffix :] == new[len(new) - shift.suffix :]


def test_settled_is_all_of_a_final_and_all_but_the_tail_of_a_partial() -> None:
    text = "我不知道怎么办"
    assert settled_chars(text, 0, final=True) == 7
    assert settled_chars(text, 0, final=False) == 3
    assert settled_chars(text, 6, final=False) == 6
    assert settled_chars("我", 0, final=False) == 0


@pytest.mark.parametrize(
    ("spans", "shared"),
    [((0, 4, 2, 6), 2), ((0, 4, 4, 6), 0), ((0, 9, 3, 5), 2), ((5, 6, 0, 1), 0)],
)
def test_overlap(spans: tuple[int, int, int, int], shared: int) -> None:
    assert overlap(*spans) == shared


def test_of_overlapping_matches_the_best_stays() -> None:
    better, worse, elsewhere = found(0, 4, 0.9), found(2, 6, 0.8), found(6, 9, 0.5)
    assert apart([worse, elsewhere, better]) == [better, elsewhere]


def test_of_equal_scores_the_longer_stays() -> None:
    assert apart([found(0, 3), found(0, 4)]) == [found(0, 4)]
