"""Charts of a batch, drawn here as SVG by pygal, so that a page needs no script and no network."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from api.batch.scope import BatchScope
from api.review.boards import phrase_board
from api.review.scores import standing
from api.store.tables import calls, hits, steps
from qa_engine.rules.counting import Effect

_BLUE = "#2f6fde"
_AWAY = "\u2003\u2003"
"""Spaces that keep the value clear of the end of its bar, on which pygal centres it."""


def score_distribution(connection: Connection, scope: BatchScope) -> str:
    """How many calls scored in each band of five points."""
    counts = [0] * 20
    for score, count in connection.execute(
        standing.joined(select(standing.SCORE, func.count()))
        .where(scope.calls, standing.SCORE.is_not(None))
        .group_by(standing.SCORE)
    ):
        counts[min(19, max(0, int(score // 5)))] += int(count)
    chart = _chart("Bar")
    chart.x_labels = [str(5 * band) for band in range(20)]
    chart.add("通话数", counts)
    return _svg(chart)


def top_rules(connection: Connection, scope: BatchScope, most: int = 12) -> str:
    """The rules that most findings count against, by what people said where they judged."""
    found = phrase_board.found_hits([scope.calls]).subquery()
    rows = connection.execute(
        select(found.c.rule, func.count())
        .where(found.c.waits == 0)
        .group_by(found.c.rule)
        .order_by(func.count().desc(), found.c.rule)
        .limit(most)
    ).all()
    titles = _titles(connection, [row[0] for row in rows])
    return _ranked([(titles[row[0]], int(row[1])) for row in rows], "次数")


def missed_steps(connection: Connection, scope: BatchScope, most: int = 12) -> str:
    """The required steps missed or late most often, in percent of the calls they applied to."""
    applied: dict[str, int] = {}
    missed: dict[str, int] = {}
    for step, state, count in connection.execute(
        select(steps.c.step, steps.c.state, func.count())
        .join(calls, calls.c.id == steps.c.call_id)
        .where(scope.steps, calls.c.score.is_not(None))
        .where(steps.c.effect != Effect.NOT_COUNTED.value)
        .group_by(steps.c.step, steps.c.state)
    ):
        if state != "not_applicable":
            applied[step] = applied.get(step, 0) + int(count)
        if state in {"missed", "late"}:
            missed[step] = missed.get(step, 0) + int(count)
    titles = {
        row.step: row.rest.get("title") or row.step
        for step in missed
        for row in connection.execute(select(steps).where(steps.c.step == step).limit(1))
    }
    shares = sorted(((round(100 * n / applied[step], 1), step) for step, n in missed.items()))
    # A hundred percent of one call is not that of a thousand.
    told = {step: f"{titles[step]}（{missed[step]}/{applied[step]}）" for step in missed}
    return _ranked([(told[step], share) for share, step in shares[: -most - 1 : -1]], "%")


def _titles(connection: Connection, rules: Sequence[str]) -> dict[str, str]:
    found = {rule: rule for rule in rules}
    for rule in rules:
        rest = connection.scalar(select(hits.c.rest).where(hits.c.rule == rule).limit(1))
        found[rule] = (rest or {}).get("title") or rule
    return found


def _ranked(rows: Sequence[tuple[str, float]], unit: str) -> str:
    if not rows:
        return ""
    # The labels' room is reckoned for Latin letters, of which a Chinese character takes two.
    longest = max(len(title) for title, _ in rows)
    chart = _chart("HorizontalBar", height=40 + 34 * len(rows), margin_left=16 + 7 * longest)
    chart.x_labels = [title for title, _ in reversed(rows)]
    chart.add(unit, [value for _, value in reversed(rows)])
    return _svg(chart)


def _pygal() -> Any:
    import pygal

    # It hooks into every later import, to look for plug-ins, in a way Python warns about.
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)
    ]
    return pygal


def _chart(kind: str, *, height: int = 320, margin_left: int = 16) -> Any:
    pygal = _pygal()
    from pygal.style import Style

    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground="currentColor",
        foreground_strong="currentColor",
        foreground_subtle="currentColor",
        opacity=".85",
        colors=(_BLUE,),
        value_colors=("currentColor",),
        font_family="system-ui, 'PingFang SC', 'Noto Sans CJK SC', sans-serif",
        label_font_size=13,
        major_label_font_size=13,
        value_font_size=13,
    )
    lying = kind == "HorizontalBar"
    # Each bar says its own value: neither guides nor an axis to read it from are needed.
    return getattr(pygal, kind)(
        style=style,
        js=[],
        show_legend=False,
        show_x_guides=False,
        show_y_guides=False,
        show_x_labels=not lying,
        print_values=True,
        print_values_position="top",
        print_zeroes=False,
        value_formatter=lambda value: f"{_AWAY if lying else ''}{value:g}",
        width=900,
        height=height,
        margin=16,
        margin_left=margin_left,
    )


def _svg(chart: Any) -> str:
    text: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    # Its name is drawn by lot; the same figures must make the same page.
    name = hashlib.sha256(text.replace(chart.uuid, "").encode()).hexdigest()[:12]
    text = text.replace(chart.uuid, name)
    # pygal writes its settings for a script of another host, which these pages do not have, and
    # where it comes from.
    return re.sub(r"<script\b.*?</script>|<!--.*?-->", "", text, flags=re.DOTALL)
