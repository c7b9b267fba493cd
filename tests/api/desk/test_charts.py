"""Charts of the boards: what was not measured is not drawn."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from api.desk.charts import trend_chart
from api.review.boards.agent_board import Figures


def week(name: str, mean: float | None) -> Figures:
    told: dict[str, Any] = {one.name: 0 for one in fields(Figures)}
    return Figures(**{**told, "name": name, "mean": mean})


def drawn(*means: float | None) -> list[str]:
    """Each unbroken piece of the line of means."""
    rows = [week(f"2026-W{n:02}", mean) for n, mean in enumerate(means, 40)]
    svg = str(trend_chart(rows, ("平均分", "合格线"), 85.0))
    series = svg[svg.index("serie-0") : svg.index("serie-1")]
    return re.findall(r'<path d="([^"]*)" class="line', series)


def test_a_week_without_calls_is_a_gap_in_the_line() -> None:
    assert len(drawn(80.0, 82.0, 84.0, 83.0)) == 1
    before, after = drawn(80.0, 82.0, None, 84.0, 83.0)
    assert before.count("L") == after.count("L") == 1
