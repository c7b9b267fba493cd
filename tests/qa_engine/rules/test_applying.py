"""Rules with conditions: the same hits whatever way the call took, live as in batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook import parse
from phrasebook.conditions import ConditionError, read_condition
from phrasebook.limits import Quantity, Times, read_limit
from phrasebook.model import Entry, Kind, Phrasebook, Speaker, Step
from phrasebook.spoken_record import SpokenRecord
from qa_engine.analysis import Analysis
from qa_engine.analysis_result import AnalysisResult
from qa_engine.events import HitChanged, HitState, Role, SessionEvent, Utterance
from qa_engine.matching.matcher import Matcher
from qa_engine.rules.record import CallRecord, Question
from qa_engine.rules.spoken_quantities import quantities
from tests.qa_engine.rules.scripted import book, entry, on_hit, step, utterance

AGENT, CUSTOMER = Role.AGENT, Role.CUSTOMER


def rule(name: str, say: str, **keys: object) -> Entry:
    made = entry(name, suggest=("请讲",), **keys)
    return replace(made, say=(parse(say),))


def _pack() -> Phrasebook:
    entries = (
        rule("agreed", "你说吧", who=Speaker.CUSTOMER, kind=Kind.TRIGGER),
        rule("pushy", "抓紧时间", times=Times(2)),
        rule("again", "再考虑一下", times=Times(1, at_most=True)),
        rule("rate", "年化...8{百分比}", limit=read_limit("百分比 > 3.5")),
        rule("late", "给您推荐", condition=read_condition("时长 >= 30s")),
        rule("short", "打扰您了", condition=read_condition("时长 < 30s")),
        rule("asked", "这款产品", condition=read_condition("非 命中:agreed")),
        rule("life", "稳赚不赔", condition=read_condition("产品 = 年金险")),
        rule("car", "全都能赔", condition=read_condition("产品 = 车险")),
        rule("misread", "订单号是", record=SpokenRecord("订单号")),
    )
    told: Step = replace(
        step("told"), say=(parse("保障责任"),), condition=read_condition("命中:agreed")
    )
    read: Step = replace(
        step("read"), say=(parse("订单号是"),), record=SpokenRecord("订单号"), who=Speaker.AGENT
    )
    soon: Step = replace(
        step("soon", on_hit("agreed"), within_turns=1), say=(parse("您再考虑一下"),)
    )
    return book(told, read, soon, entries=entries)


PACK = _pack()
MATCHER = Matcher(PACK)
RECORD = CallRecord(data={"产品": "年金险", "订单号": "8801"})
CALL = (
    utterance(0, AGENT, 1, 4, "打扰您了抓紧时间这款产品稳赚不赔"),
    utterance(1, CUSTOMER, 5, 8, "你说吧"),
    utterance(2, AGENT, 9, 14, "这款产品年化能到百分之四点二"),
    utterance(3, AGENT, 16, 19, "给您推荐您再考虑一下全都能赔"),
    utterance(4, CUSTOMER, 20, 22, "不用了"),
    utterance(5, AGENT, 30, 34, "抓紧时间再考虑一下"),
    utterance(6, AGENT, 35, 38, "年化大概百分之三"),
    utterance(7, CUSTOMER, 39, 40, "嗯"),
    utterance(8, AGENT, 41, 42, "订单号是"),
    utterance(9, AGENT, 44, 46, "八八零幺"),
    utterance(10, CUSTOMER, 47, 48, "不对吧"),
    utterance(11, AGENT, 49, 51, "那订单号是三三零二"),
)


def closed(analysis: Analysis) -> AnalysisResult:
    analysis.close(60_000)
    return analysis.result()


def heard(*utterances: Utterance) -> AnalysisResult:
    analysis = Analysis(PACK, MATCHER, record=RECORD)
    for spoken in utterances:
        analysis.feed(spoken)
    return closed(analysis)


EXPECTED = heard(*CALL)


def test_each_rule_applies_where_its_condition_holds() -> None:
    assert sorted((hit.rule, hit.utterance) for hit in EXPECTED.hits) == [
        *[("again", 5), ("agreed", 1), ("asked", 0), ("late", 3), ("life", 0), ("misread", 11)],
        *[("pushy", 0), ("pushy", 5), ("rate", 2)],
    ]
    states = {one.step.id: (one.state.value, one.utterance) for one in EXPECTED.steps}
    assert states == {"told": ("missed", None), "read": ("done", 8), "soon": ("done", 3)}


@settings(max_examples=40, deadline=None)
@given(st.permutations(CALL), st.lists(st.integers(0, 60), max_size=4), st.data())
def test_every_way_to_the_same_finals_ends_with_the_same_hits(
    order: list[Utterance], ticks: list[int], data: st.DataObject
) -> None:
    analysis = Analysis(PACK, MATCHER, record=RECORD)
    events: list[SessionEvent] = []
    for spoken in order:
        cut = data.draw(st.integers(0, len(spoken.text)))
        if cut:
            partial = replace(spoken, text=spoken.text[:cut], is_final=False)
            events += analysis.feed(partial)
        events += analysis.feed(spoken)
        if ticks:
            events += analysis.tick(ticks.pop() * 1000)
    events += analysis.close(60_000)

    result = analysis.result()
    assert result.hits == EXPECTED.hits
    assert result.score == EXPECTED.score
    assert [one.state for one in result.steps] == [one.state for one in EXPECTED.steps]
    assert standing_at_the_end(events) == {hit.id for hit in EXPECTED.hits}


def standing_at_the_end(events: list[SessionEvent]) -> set[str]:
    """The hits that whoever follows the events is left with."""
    standing: set[str] = set()
    for event in events:
        if isinstance(event, HitChanged):
            gone = event.state is HitState.RETRACTED
            (standing.discard if gone else standing.add)(event.hit.id)
    return standing


def test_a_hit_is_told_when_its_rule_wants_it() -> None:
    analysis = Analysis(PACK, MATCHER, record=RECORD)
    first = [e for spoken in CALL[:4] for e in analysis.feed(spoken)]
    assert "pushy" not in {e.hit.rule for e in first if isinstance(e, HitChanged)}

    then = [e.hit.rule for e in analysis.feed(CALL[5]) if isinstance(e, HitChanged)]

    assert then.count("pushy") >= 2


def test_nothing_told_of_the_call_is_neither_true_nor_false() -> None:
    analysis = Analysis(PACK, MATCHER)
    analysis.feed(CALL[0])
    result = closed(analysis)

    assert "life" not in {hit.rule for hit in result.hits}
    assert {"life", "car"} <= set(result.unknown)


@pytest.mark.parametrize(
    ("typed", "holds"),
    [
        *(("产品 = 年金险", True), ("产品 是 车险/年金险", True), ("产品 != 年金险", False)),
        *(("产品 包含 年金", True), ("等级 >= 3", True), ("等级 > 3", False), ("等级 = 03", True)),
        *(("方向 = 外呼", True), ("方向＝呼出", True), ("方向 = 呼入", False)),
        *(("时刻 = 09:00-18:00", False), ("时刻 = 22:00-06:00", True), ("时刻 >= 22:00", True)),
        *(("渠道 = 电话", None), ("非 渠道 = 电话", None), ("渠道 = 电话 且 等级 = 9", False)),
        *(("渠道 = 电话 或 等级 = 3", True), ("渠道 = 电话 或 等级 = 9", None)),
        *(("非 (等级 = 9 或 等级 = 8)", True), ("not 等级 = 9 and 等级 = 3", True)),
        *(("等级 = 9 或 等级 = 3 且 产品 = 车险", False), ("时长 >= 1min", None)),
        *(("时长 >= 10s", True), ("时长 < 10s", False), ("等级 > 高", None)),
    ],
)
def test_a_condition_is_true_false_or_unknown(typed: str, holds: bool | None) -> None:
    record = CallRecord(
        direction="outbound",
        started_at=datetime(2026, 3, 1, 22, 30).astimezone(),
        data={"产品": "年金险", "等级": "3"},
    )
    question = Question(record=record, now_ms=20_000)
    assert question.holds(read_condition(typed).root, lambda _: None) is holds


@pytest.mark.parametrize(
    "typed", ["", "方向 =", "= 呼出", "(方向 = 呼出", "方向 = 呼出)", "且", "甲 乙"]
)
def test_what_is_no_condition_is_told(typed: str) -> None:
    with pytest.raises(ConditionError, match="expected"):
        read_condition(typed)


@pytest.mark.parametrize(
    ("kind", "said", "value"),
    [
        *(
            (Quantity.PERCENT, said, 3.5)
            for said in ("百分之三点五", "3.5%", "３.５％", "千分之三十五")
        ),
        *((Quantity.PERCENT, said, 4.0) for said in ("四个点", "4个百分点", "百分之四")),
        *((Quantity.PERCENT, said, 30.0) for said in ("三成", "百分之三十")),
        *((Quantity.DISCOUNT, said, 8.5) for said in ("八五折", "8.5折", "85折", "八点五折")),
        *((Quantity.DISCOUNT, said, 7.0) for said in ("七折", "7折")),
        *(
            (Quantity.AMOUNT, said, 2300.0)
            for said in ("两千三", "2300元", "二千三百块", "两千三百元")
        ),
        *(
            (Quantity.AMOUNT, said, 12000.0)
            for said in ("一万二", "1.2万", "一万两千块钱", "12,000元")
        ),
        *((Quantity.AMOUNT, said, 306.0) for said in ("三百零六块", "306块")),
        *((Quantity.AMOUNT, said, 3.5) for said in ("三块五", "3.5元")),
        *((Quantity.AMOUNT, said, 35000.0) for said in ("三点五万", "三万五", "3.5万")),
        *((Quantity.NUMBER, said, 15.0) for said in ("十五", "15", "一十五")),
    ],
)
def test_a_number_is_the_same_in_every_writing(kind: Quantity, said: str, value: float) -> None:
    text = f"这个{said}啊"
    assert value in list(quantities(text, kind, 2, 2 + len(said)))


@pytest.mark.parametrize("said", ["万一", "一点半", "二百五十"])
def test_what_is_no_amount_is_none(said: str) -> None:
    assert not list(quantities(said, Quantity.PERCENT, 0, len(said)))
