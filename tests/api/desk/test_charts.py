"""Charts of the boards: what was not measured is not drawn."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from api.desk.charts import distribution_chart, trend_chart
from api.review.boards.agent_board import Figures


def week(name: str, mean: float | None) -> Figures:
    told: dict[str, Any] = {one.name: 0 for one in fields(Figures)}
    return Figures(**{**told, "name": name, "mean": mean})


def drawn(*means: float | None) -> list[str]:
    """Each unbroken piece of the line of means."""
    rows = [week(f"2026-W{n:02}", mean) for n, mean in enumerate(means, 40)]
    svg = str(trend_chart(rows, ("平均分", "合格线"), [85.0] * len(rows)))
    series = svg[svg.index("serie-0") : svg.index("serie-1")]
    return re.findall(r'<path d="([^"]*)" class="line', series)


def test_a_week_without_calls_is_a_gap_in_the_line() -> None:
    assert len(drawn(80.0, 82.0, 84.0, 83.0)) == 1
    before, after = drawn(80.0, 82.0, None, 84.0, 83.0)
    assert before.count("L") == after.count("L") == 1


def bars(series: str) -> list[float]:
    """The heights of the bars that are there."""
    found = re.findall(r'<rect [^>]*height="([\d.]+)" class="rect', series)
    return [float(height) for height in found if float(height) > 1]


def test_a_call_has_the_colour_of_its_own_result_whatever_passes_now() -> None:
    counts, passed = [0] * 20, [0] * 20
    counts[16], passed[16] = 3, 1
    svg = str(distribution_chart(counts, passed, ("未合格", "合格")))
    first, second = svg.index("serie-0"), svg.index("serie-1")

    (failed,), (green,) = bars(svg[first:second]), bars(svg[second:])
    assert failed == pytest.approx(2 * green)
