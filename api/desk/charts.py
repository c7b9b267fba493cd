"""Charts of a board, drawn here as SVG by pygal; their looks come from the page's own stylesheet.

The pages' policy forbids styles and scripts inside them, so pygal's are taken out.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from api.review.boards import PASS_TARGET, Figures

_OURS = re.compile(
    r"<(style|script)\b.*?</\1>|<script\b[^>]*/>|<!--.*?-->|<desc\b.*?</desc>|"
    r"\s(?:style|id|xmlns:xlink)=\"[^\"]*\"",
    re.DOTALL,
)


def trend_chart(rows: Sequence[Figures], titles: tuple[str, str]) -> Markup:
    """The mean score of each period, with the line that passes (S8.1)."""
    chart = _chart("Line", range=(0, 100), dots_size=4, y_labels=(0, 25, 50, 75, 100))
    chart.x_labels = [row.name.removeprefix("20") for row in rows]
    chart.add(titles[0], [row.mean for row in rows])
    chart.add(titles[1], [PASS_TARGET] * len(rows), show_dots=False)
    return _svg(chart)


def distribution_chart(counts: Sequence[int], title: str) -> Markup:
    """Calls in each band of five points."""
    top = max(1, *counts)
    chart = _chart("Bar", y_labels=sorted({0, top // 2, top}), range=(0, top))
    chart.x_labels = [str(5 * band) for band in range(len(counts))]
    chart.add(title, list(counts))
    return _svg(chart)


def _chart(kind: str, **more: Any) -> Any:
    import pygal

    # It leaves a finder behind that every later import would ask, and warn of.
    sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != "PluginImportFixer"]
    return getattr(pygal, kind)(
        js=[],
        show_legend=False,
        width=720,
        height=260,
        margin=8,
        margin_right=28,
        show_x_guides=False,
        value_formatter=lambda value: f"{value:g}",
        include_x_axis=True,
        disable_xml_declaration=True,
        truncate_label=-1,
        **more,
    )


def _svg(chart: Any) -> Markup:
    """Only pygal's own text and numbers go in; it escapes what it writes."""
    text: str = chart.render(is_unicode=True)
    return Markup(_OURS.sub("", text))
