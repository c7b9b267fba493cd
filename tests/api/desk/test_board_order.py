"""A board stands in the order of the column that was asked for; what has no value comes last."""

from __future__ import annotations

import pytest

from api.desk.board_order import NAMES, figures_in_order, phrases_in_order
from api.review.boards.agent_board import Figures
from api.review.boards.phrase_board import Phrase
from api.review.boards.wilson import Share
from api.store.agents import Staff

NOBODY = Staff({})


def figures(name: str, mean: float | None = None, team: str = "", calls: int = 2) -> Figures:
    return Figures(
        name=name,
        team=team,
        calls=calls,
        mean=mean,
        passed=Share(0, 0 if mean is None else calls),
        fatal=0,
        breaches=0,
        doubts=0,
        reviewed=0,
    )


def phrase(rule: str, title: str, right: int, judged: int) -> Phrase:
    return Phrase(
        id=rule,
        title=title,
        role="agent",
        calls=1,
        counted_calls=1,
        times=1,
        waiting=0,
        precision=Share(right, judged),
        missed=0,
    )


ROWS = [figures("甲", 70), figures("乙"), figures("丙", 50), figures("丁", 70)]


@pytest.mark.parametrize(
    ("sort", "names"),
    [("mean", "丙甲丁乙"), ("-mean", "甲丁丙乙"), ("", "甲乙丙丁"), ("precision", "甲乙丙丁")],
)
def test_equal_ones_stay_as_they_were_and_what_has_no_value_is_last_either_way(
    sort: str, names: str
) -> None:
    rows = figures_in_order(ROWS, "agents", sort, NOBODY)

    assert "".join(row.name for row in rows) == names


def test_agents_stand_by_the_names_that_are_shown_and_teams_by_their_own() -> None:
    rows = [figures("1002", team="售后"), figures("1001", team="报修")]
    told = Staff({"1001": "张三", "1002": "李四"})

    assert [r.name for r in figures_in_order(rows, "agents", "agent", told)] == ["1002", "1001"]
    assert [r.name for r in figures_in_order(rows, "agents", "team", told)] == ["1001", "1002"]
    teams = [figures("售后"), figures("报修")]
    assert [r.name for r in figures_in_order(teams, "teams", "-team", told)] == ["售后", "报修"]
    assert [r.name for r in figures_in_order(teams, "teams", "team", told)] == ["报修", "售后"]


def test_rules_stand_by_what_people_said_of_them() -> None:
    rows = [phrase("a", "推诿", 1, 4), phrase("b", "不知道", 0, 0), phrase("c", "反问", 3, 4)]

    assert [row.id for row in phrases_in_order(rows, "-precision")] == ["c", "a", "b"]
    assert [row.id for row in phrases_in_order(rows, "what")] == ["b", "c", "a"]
    assert phrases_in_order(rows, "mean") == rows


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_column_that_an_address_may_name_can_be_sorted_by(name: str) -> None:
    given = [figures("甲", 70, "a", 3), figures("乙", 60, "b", 1)]
    rules = [phrase("a", "推诿", 1, 4), phrase("b", "不知道", 2, 4)]

    for sort in (name, f"-{name}"):
        for view in ("agents", "teams"):
            assert sorted(r.name for r in figures_in_order(given, view, sort, NOBODY)) == [
                "乙",
                "甲",
            ]
        assert sorted(row.id for row in phrases_in_order(rules, sort)) == ["a", "b"]
