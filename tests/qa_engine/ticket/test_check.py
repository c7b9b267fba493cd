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


def test_a_remark_never_repeats_a_number_it_covers(check: Check) -> None:
    report = check(f"{GOOD}\n电话13800138000")

    assert all("13800138000" not in remark.quote for remark in report.remarks)
