"""Charts of a board, drawn here as SVG by pygal; their looks come from the page's own stylesheet.

The pages' policy forbids styles and scripts inside them, so pygal's are taken out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from api.review.boards.agent_board import Figures

_OURS = re.compile(
    r"<(style|script)\b.*?</\1>|<script\b[^>]*/>|<!--.*?-->|<desc\b.*?</desc>|"
    r"\s(?:style|id|xmlns:xlink)=\"[^\"]*\"",
    re.DOTALL,
)
_BAND = 5
"""Points in a bar of the distribution."""


def trend_chart(
    rows: Sequence[Figures], titles: tuple[str, str], passing: Sequence[float]
) -> Markup:
    """The mean score of each period, with what passed in each; a gap where there were no calls."""
    means = [row.mean for row in rows if row.mean is not None]
    floor = int(min([*means, 60]) // 10 * 10)
    steps = 20 if floor < 40 else 10
    chart = _chart(
        "Line",
        range=(floor, 100),
        dots_size=4,
        y_labels=tuple(range(floor, 101, steps)),
        allow_interruptions=True,
    )
    chart.x_labels = [_short(row.name) for row in rows]
    chart.add(titles[0], [row.mean for row in rows])
    chart.add(titles[1], list(passing), show_dots=False)
    return _svg(chart)


def distribution_chart(
    counts: Sequence[int], passed: Sequence[int], titles: tuple[str, str]
) -> Markup:
    """Calls in each band of points, and how many of them passed by their own score sheets."""
    top = max(2, *counts)
    chart = _chart(
        "StackedBar", y_labels=sorted({0, top // 2, top}), range=(0, top), include_x_axis=True
    )
    chart.x_labels = [str(_BAND * n) if n % 4 == 0 else "" for n in range(len(counts))]
    chart.add(titles[0], [n - p for n, p in zip(counts, passed, strict=True)])
    chart.add(titles[1], list(passed))
    return _svg(chart)


def _short(name: str) -> str:
    """2026-11-21 as 11-21, 2026-W47 as W47, 2026-11 as 26-11."""
    return name[5:] if len(name) == 10 or "W" in name else name[2:]


def _chart(kind: str, **more: Any) -> Any:
    import pygal

    # It leaves a finder behind that every later import would ask, and warn of.
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "PluginImportFixer"]
    return getattr(pygal, kind)(
        js=[],
        show_legend=False,
        width=720,
        height=270,
        margin=6,
        margin_right=28,
        margin_bottom=0,
        show_x_guides=False,
        value_formatter=lambda value: f"{value:g}",
        disable_xml_declaration=True,
        truncate_label=-1,
        **more,
    )


def _svg(chart: Any) -> Markup:
    """Only pygal's own text and numbers go in; it escapes what it writes."""
    text: str = chart.render(is_unicode=True)
    return Markup(_OURS.sub("", text))
