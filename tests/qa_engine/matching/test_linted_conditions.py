"""What is told of conditions before a rule waits in vain for a call that can never be."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook import load_text
from phrasebook.conditions import read_condition
from qa_engine.matching.linting.conditions import conditions_at_odds
from qa_engine.matching.linting.findings import Level
from qa_engine.matching.linting.satisfiable import can_hold
from qa_engine.rules.record import CallRecord, Question

PACK = """
conditions:
  晚间: 时刻 = 21:00-08:00
entries:
  - {id: refused, who: 客户, kind: 触发, say: 不需要}
  - {id: x, say: CALL, suggest: 好, if: CONDITION}
steps:
  - {id: checked, say: 后四位}
"""


def told(condition: str, pack: str = PACK) -> list[tuple[str, Level]]:
    book = load_text(pack.replace("CONDITION", f"'{condition}'").replace("CALL", "推荐"), "book")
    return [(one.code, one.level) for one in conditions_at_odds(book) if one.code != "LN013"]


@pytest.mark.parametrize(
    "condition",
    [
        "产品 = 年金险 且 产品 = 车险",
        "产品 = 年金险 且 非 产品 = 年金险/车险",
        "等级 >= 5 且 等级 < 3",
        "等级 = 3 且 等级 != 3.0",
        "晚间 且 时刻 = 09:00-18:00",
        "时长 >= 60s 且 时长 < 30s",
        "命中:refused >= 3 且 命中:refused <= 2",
        "非 (产品 = 年金险 或 产品 != 年金险)",
        "等级 > 高",
        "方向 = 外乎",
        "时长 >= 六十",
        "时刻 = 晚上",
    ],
)
def test_a_condition_that_can_never_be_true_is_an_error(condition: str) -> None:
    assert ("LN011", Level.ERROR) in told(condition)


@pytest.mark.parametrize(
    "condition",
    ["产品 = 年金险 或 产品 != 年金险", "时长 >= 0s", "等级 < 5 或 等级 >= 3", "命中:refused >= 0"],
)
def test_a_condition_that_is_always_true_is_a_warning(condition: str) -> None:
    assert told(condition) == [("LN012", Level.WARNING)]


@pytest.mark.parametrize(
    "condition",
    [
        "产品 = 年金险 且 等级 >= 3",
        "产品 包含 年金 且 产品 != 年金险",
        "产品 包含 年金 且 产品 包含 分红",
        "等级 > 3 且 等级 < 4",
        "时刻 >= 21:00 或 时刻 < 08:00",
        "命中:refused 前3句 且 非 命中:refused 后30s",
        "方向 = 外呼 且 非 完成:checked",
        "挂机方 = 坐席 且 时长 < 30s",
    ],
)
def test_what_some_call_can_be_is_left_alone(condition: str) -> None:
    assert told(condition) == []


def test_a_named_condition_that_nobody_uses_is_told() -> None:
    book = load_text(PACK.replace("CONDITION", "'方向 = 呼出'").replace("CALL", "推荐"), "book")
    assert [(one.code, one.where.line) for one in conditions_at_odds(book)] == [("LN013", 3)]


@pytest.mark.parametrize(
    ("pack", "code"),
    [
        ("entries:\n- {id: x, say: 年化很高, suggest: 好, limit: 百分比 > 3.5}\n", "LN014"),
        ("entries:\n- {id: x, say: '打{数字}折', suggest: 好, limit: 折扣 > 10}\n", "LN014"),
        ("entries:\n- {id: x, say: '赔{金额}', suggest: 好, limit: 金额 < 0}\n", "LN014"),
        ("entries:\n- {id: x, say: 年化 ... 高, suggest: 好, limit: 百分比 > 3.5}\n", ""),
        ("entries:\n- {id: x, say: 打七折, suggest: 好, limit: 折扣 < 8}\n", ""),
    ],
)
def test_a_limit_that_nothing_breaks_is_an_error(pack: str, code: str) -> None:
    assert [one.code for one in conditions_at_odds(load_text(pack, "book"))] == [code][: bool(code)]


def test_a_place_means_nothing_to_a_step_and_words_nothing_to_the_choice_of_a_script() -> None:
    pack = PACK.replace("后四位}", "后四位, if: 命中:refused 前3句}")
    assert told("方向 = 呼出", pack) == [("LN015", Level.WARNING)]
    pack = PACK + "scripts:\n  - {id: s, title: s, steps: [checked], if: 命中:refused}\n"
    assert told("方向 = 呼出", pack) == [("LN011", Level.ERROR)]


def test_a_heading_that_looks_mistyped_is_told() -> None:
    assert told("挂机放 = 坐席") == [("LN016", Level.WARNING)]
    more = "  - {id: y, say: 好的, suggest: 好, if: 会员等级 > 3}\n" * 1
    more += "  - {id: z, say: 可以, suggest: 好, if: 会员等级 > 4}\nsteps:"
    assert told("会员级等 > 3", PACK.replace("steps:", more)) == [("LN016", Level.WARNING)]
    for name in ("渠道", "客户等级", "客户号", "组别", "业务"):
        assert told(f"{name} = 电话") == []


ATOMS = (
    "产品 = 甲",
    "产品 != 甲/乙",
    "等级 > 3",
    "等级 <= 3",
    "等级 = 5",
    "产品 包含 乙",
    "等级 < 2",
)
RECORDS = [
    CallRecord(data={"产品": product, "等级": level})
    for product, level in itertools.product(
        ["甲", "乙", "丙", "甲乙"], ["1", "2", "2.5", "3", "4", "5", "6"]
    )
]


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.sampled_from(ATOMS),
        lambda inner: (
            inner.map("非 ({})".format)
            | st.tuples(inner, st.sampled_from("且或"), inner).map(
                lambda t: f"({t[0]}) {t[1]} ({t[2]})"
            )
        ),
        max_leaves=4,
    )
)
def test_it_can_hold_where_some_call_of_many_makes_it_hold(typed: str) -> None:
    root = read_condition(typed).root
    answers = {Question(record=record).holds(root, lambda _: None) for record in RECORDS}
    assert can_hold(root, {}) is (True in answers)
    assert can_hold(root, {}, truth=False) is (False in answers)
