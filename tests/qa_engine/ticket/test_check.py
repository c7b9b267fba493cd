"""A ticket is held to the writing rules: its elements, its times, its words."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import phrasebook
from qa_engine.matching import Matcher
from qa_engine.ticket import TicketReport, check_ticket

Check = Callable[[str], TicketReport]
GOOD = """客户信息：张先生，会员编号 8001
问题类型：网络故障 优先级：高
问题描述：2026-11-21 09:30 客户来电反映家中宽带掉线，要求当日恢复
已采取措施：09:36 远程重启设备；09:42 查询线路，信号偏弱
解决方案：转至技术部门更换线路
跟进时间：2026-11-21 15:00"""


@pytest.fixture(scope="module")
def check() -> Callable[[str], TicketReport]:
    book = phrasebook.load(phrasebook.bundled("zh_ticket"))
    matcher = Matcher(book)
    return lambda text: check_ticket(text, book=book, matcher=matcher)


def rules(report: TicketReport) -> set[str]:
    return {remark.rule for remark in report.remarks}


def test_a_complete_objective_ticket_passes(check: Check) -> None:
    report = check(GOOD)

    assert [x.id for x in report.elements if not x.present] == []
    assert rules(report) == set()
    assert report.passed


@pytest.mark.parametrize("line", range(6), ids="客户 类型 描述 措施 方案 跟进".split())
def test_a_missing_element_is_told(check: Check, line: int) -> None:
    lines = GOOD.splitlines()
    report = check("\n".join(lines[:line] + lines[line + 1 :]))

    assert not report.passed
    assert [i for i, x in enumerate(report.elements) if not x.present] == [line]


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("客户很不讲理，一直争吵", "ticket-judging"),
        ("估计是系统的问题", "ticket-guessing"),
        ("稍后再联系", "ticket-vague-time"),
        ("下午三点上门", "ticket-half-day-clock"),
        ("08:10 客户再次来电", "ticket-order"),
        ("回访时间：明天", "ticket-follow-up-minutes"),
        ("联系电话13800138000", "ticket-clear-phone"),
        ("OLT 侧割接", "ticket-jargon"),
    ],
)
def test_what_should_be_written_otherwise_is_told(check: Check, words: str, rule: str) -> None:
    report = check(f"{GOOD}\n备注：{words}")

    assert rule in rules(report)


@pytest.mark.parametrize(
    ("times", "backward"),
    [
        ("11月18日 20:15 来电；11月19日 09:00 回电", False),
        ("11 月 19 日 20:15 来电；11 月 18 日 21:00 回电", True),
        ("2025年12月31日 23:50 来电；2026年1月1日 00:10 回电", False),
        ("2026-11-21 23:50 来电；11月22日 00:10 回电", False),
        ("20:15 来电；19:00 回电", True),
    ],
)
def test_times_are_compared_with_their_dates(check: Check, times: str, backward: bool) -> None:
    assert ("ticket-order" in rules(check(f"经过：{times}"))) is backward


def test_the_last_four_digits_may_stand(check: Check) -> None:
    assert rules(check(f"{GOOD}\n备注：会员号尾号 3321，手机尾号 5678")) == set()


def test_a_code_of_four_digits_may_not(check: Check) -> None:
    assert "ticket-clear-code" in rules(check(f"{GOOD}\n备注：验证码 3321"))


def test_an_element_does_not_begin_in_one_line_and_end_in_the_next(check: Check) -> None:
    report = check("赵女士来电，身份已核实\n投诉类，优先级高")

    assert [x.id for x in report.elements if x.present] == ["ticket-customer", "ticket-type"]


def test_an_element_is_found_where_it_stands(check: Check) -> None:
    text = "工单\n\n跟进时间：2026-11-21 15:00"
    [element] = [x for x in check(text).elements if x.present]

    assert text[element.begin : element.end] == "跟进时间"


def test_a_remark_never_repeats_a_number_it_covers(check: Check) -> None:
    report = check(f"{GOOD}\n电话13800138000\n联系时间：13800138000 再定")

    assert "ticket-follow-up-minutes" in rules(report)
    assert all("13800138000" not in remark.quote for remark in report.remarks)
