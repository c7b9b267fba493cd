"""What is told of a call against what a condition asks: amounts as amounts, names as names."""

from __future__ import annotations

import pytest

from phrasebook.conditions import Op
from qa_engine.rules.record import against


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("1,200 元", "1200"),
        ("¥1200", "1200元"),
        ("3.5%", "3.5"),
        ("３．５％", "3.50"),
        ("5级", "5"),
        ("-20", "-20.0"),
        ("Gold", "gold"),
        ("20250318801234567", "20250318801234567"),
    ],
)
def test_the_same_amount_is_the_same_however_it_is_written(told: str, asked: str) -> None:
    for one, other in ((told, asked), (asked, told)):
        assert against(one, Op.EQUAL, other) is True
        assert against(one, Op.UNEQUAL, other) is False


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        ("B001", "T001"),
        ("B001 小李", "T001"),
        ("1", "T001"),
        ("1", "001"),
        ("畅享2号", "安行2号"),
        ("乐驾2号", "安行2号"),
        ("普通3", "VIP3"),
        ("SVIP3", "VIP3"),
        ("3", "VIP3"),
        ("2号线", "2"),
        ("3期", "3天"),
        ("3折", "3元"),
        ("20250318801234568", "20250318801234567"),
        ("5-2", "2"),
    ],
)
def test_a_name_is_no_other_name_with_the_same_digits(told: str, asked: str) -> None:
    for one, other in ((told, asked), (asked, told)):
        assert against(one, Op.EQUAL, other) is False
        assert against(one, Op.UNEQUAL, other) is True


@pytest.mark.parametrize(("told", "holds"), [("VIP 5", True), ("VIP3", False), ("普通", None)])
def test_a_level_is_compared_by_its_number(told: str, holds: bool | None) -> None:
    assert against(told, Op.AT_LEAST, "5") is holds
