"""What the record tells, said in any way that people say it, and not otherwise."""

from __future__ import annotations

import pytest

from phrasebook.spoken_record import SpokenRecord, read_spoken_record, write_spoken_record
from qa_engine.rules.saying_record import says


@pytest.mark.parametrize(
    ("text", "told", "typed", "right"),
    [
        ("请问是张薇女士吗", "张薇", "客户姓名", True),
        ("请问是张威吗", "张薇", "客户姓名", True),
        ("张女士您好", "张薇", "客户姓名", True),
        ("欧阳先生您好", "欧阳明", "客户姓名", True),
        ("欧先生您好", "欧阳明", "客户姓名", False),
        ("李女士您好", "张薇", "客户姓名", False),
        ("请问是**女士吗", "张薇", "客户姓名", True),
        ("请问是****女士吗", "张薇", "客户姓名", False),
        ("张开嘴", "张薇", "客户姓名", False),
        ("订单号八八零一，三三零二", "88013302", "订单号", True),
        ("订单号是 8801-3302", "8801 3302", "订单号", True),
        ("订单号八八零一，嗯，三三零幺", "88013302", "订单号", False),
        ("尾号三三零二", "88013302", "订单号 后4位", True),
        ("八八零一三三零二", "88013302", "订单号 后四位", True),
        ("尾号三三零一", "88013302", "订单号 后4位", False),
        ("尾号一三三零二五", "88013302", "订单号 后4位", False),
        ("单号 a b 1 2", "AB12", "单号", True),
        ("应还三千六百元", "3600", "应还金额", True),
        ("应还3,600块", "3600.00元", "应还金额", True),
        ("应还三千二", "3600", "应还金额", False),
        ("十三", "3", "期数", False),
        ("分三期", "3", "期数", True),
        ("您买的是安心重疾险", "安心重疾险", "产品", True),
        ("您买的是安新重疾险", "安心重疾险", "产品", True),
        ("您买的是重疾险", "安心重疾险", "产品", False),
        ("您好", "", "产品", False),
    ],
)
def test_a_value_is_said_right_or_not(text: str, told: str, typed: str, right: bool) -> None:
    record = read_spoken_record(typed)
    assert record is not None
    assert says(text, told, record) is right


@pytest.mark.parametrize("typed", ["客户姓名", "订单号 后4位", "Order No 后12位"])
def test_what_is_typed_is_written_back(typed: str) -> None:
    record = read_spoken_record(typed)
    assert record is not None
    assert write_spoken_record(record) == typed
    assert read_spoken_record("订单号后4位") == SpokenRecord("订单号", 4)


@pytest.mark.parametrize("typed", ["", "订单号 = 3", "订单号>3", "命中:x"])
def test_what_is_no_heading_is_none(typed: str) -> None:
    assert read_spoken_record(typed) is None
