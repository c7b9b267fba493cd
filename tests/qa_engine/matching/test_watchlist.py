"""What is compiled once of a phrasebook and shared by its calls."""

from __future__ import annotations

import pytest

import phrasebook as pb
from phrasebook.model import Exception_
from qa_engine.matching import Matcher
from qa_engine.matching.call.watchlist import Watchlist, longest_chars
from tests.qa_engine.matching.calls import book, entry, near, relation, step


def compiled(*items: object) -> Watchlist:
    return Watchlist.compile(book(*items), Matcher)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "chars"),
    [
        ("我不知道", 4),
        ("我[真的]不知道", 6),
        ("(不|没办法)处理", 5),
        ("年化 ...8 收益", 12),
        ("{名单}的", 4),
        ("{金额}的", 13),
        ("甲 & 乙", 8),
    ],
)
def test_longest_way_of_saying(line: str, chars: int) -> None:
    lists = {"名单": (pb.parse("甲"), pb.parse("甲乙丙"))}
    assert longest_chars(pb.parse(line).root, lists) == chars


@pytest.mark.parametrize(
    ("unless", "chars"),
    [
        pytest.param([], 0, id="none"),
        pytest.param(["我不知道您"], 7, id="covering, with room for a filler"),
        pytest.param([near("仅供参考", 6)], 12, id="near"),
    ],
)
def test_how_far_to_the_right_an_exception_may_end(
    unless: list[str | Exception_], chars: int
) -> None:
    assert compiled(entry("x", "我不知道", unless=unless)).entries["x"].right_chars == chars


def test_no_relations_need_no_matcher() -> None:
    assert compiled(entry("x", "我不知道"), step("greet", "您好")).relations is None


def test_relations_that_say_the_same_are_matched_once() -> None:
    sorry = relation("抱歉", who="agent")
    watchlist = compiled(
        entry("x", "我不知道", after=(sorry,)),
        entry("y", "办不了", before=(relation("抱歉", who="customer"),), after=(sorry,)),
    )
    assert watchlist.entries["x"].after == (0,)
    assert (watchlist.entries["y"].before, watchlist.entries["y"].after) == ((0,), (0,))
    assert watchlist.relations is not None
    assert [match.owner for match in watchlist.relations.find("非常抱歉")] == ["0"]
