"""The texts a pattern stands for, as the linter tries them."""

from __future__ import annotations

import pytest

import phrasebook as pb
from phrasebook.model import Phrasebook
from qa_engine.matching.linting.samples import samples, widest_gap

LISTS = {"名单": (pb.parse("甲"), pb.parse("乙[丙]"))}
BOOK = Phrasebook(name="n", version="1", entries=(), lists=LISTS)


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        pytest.param("我[真]不知道", ["我真不知道", "我不知道"], id="option"),
        pytest.param("(去|找)别人", ["去别人", "找别人"], id="choice"),
        pytest.param("{名单}好", ["甲好", "乙丙好", "乙好"], id="list"),
        pytest.param("年化 ...8 {百分比}", ["年化百分之八"], id="gap and number"),
        pytest.param("内部 & 返现", ["内部返现"], id="any order"),
        pytest.param('加"VX"', ["加VX"], id="to the letter"),
    ],
)
def test_every_way_of_saying_stands_once(line: str, texts: list[str]) -> None:
    assert samples(pb.parse(line), BOOK, 99) == texts


def test_no_more_than_asked_for_are_made() -> None:
    endless = pb.parse("".join("{名单}" for _ in range(60)))
    assert len(samples(endless, BOOK, 5)) == 5


@pytest.mark.parametrize(
    ("line", "chars"),
    [("我不知道", 0), ("年化 ...8 收益", 8), ("甲 & 乙", 6), ("[甲 ...3 乙](丙|丁 ...9 戊)", 9)],
)
def test_widest_gap(line: str, chars: int) -> None:
    assert widest_gap(pb.parse(line).root) == chars
