"""Charts of a batch, drawn here as SVG by pygal, so that a page needs no script and no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from api.batch.scope import Scope
from api.store.tables import calls, hits, steps

_BLUE = "#2f6fde"


def score_distribution(connection: Connection, scope: Scope) -> str:
    """How many calls scored in each band of five points."""
    counts = [0] * 20
    for score, count in connection.execute(
        select(calls.c.score, func.count()).where(scope.calls).group_by(calls.c.score)
    ):
        counts[min(19, max(0, int(score // 5)))] += int(count)
    chart = _bar()
    chart.x_labels = [str(5 * band) for band in range(20)]
    chart.add("通话数", counts)
    return _svg(chart)


def top_rules(connection: Connection, scope: Scope, most: int = 12) -> str:
    """The rules hit most often."""
    rows = connection.execute(
        select(hits.c.rule, func.count())
        .where(scope.hits)
        .group_by(hits.c.rule)
        .order_by(func.count().desc(), hits.c.rule)
        .limit(most)
    ).all()
    titles = _titles(connection, [row[0] for row in rows])
    return _ranked([(titles[row[0]], int(row[1])) for row in rows], "命中数")


def missed_steps(connection: Connection, scope: Scope, most: int = 12) -> str:
    """The required steps missed or late most often, in percent of the calls they applied to."""
    applied: dict[str, int] = {}
    missed: dict[str, int] = {}
    for step, state, count in connection.execute(
        select(steps.c.step, steps.c.state, func.count())
        .where(scope.steps)
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
    return _ranked([(titles[step], share) for share, step in shares[: -most - 1 : -1]], "%")


def _titles(connection: Connection, rules: Sequence[str]) -> dict[str, str]:
    found = {rule: rule for rule in rules}
    for rule in rules:
        rest = connection.scalar(select(hits.c.rest).where(hits.c.rule == rule).limit(1))
        found[rule] = (rest or {}).get("title") or rule
    return found


def _ranked(rows: Sequence[tuple[str, float]], unit: str) -> str:
    if not rows:
        return ""
    chart = _bar(horizontal=True, height=60 + 34 * len(rows))
    chart.x_labels = [title for title, _ in reversed(rows)]
    chart.add(unit, [value for _, value in reversed(rows)])
    return _svg(chart)


def _bar(*, horizontal: bool = False, height: int = 320) -> Any:
    import pygal
    from pygal.style import Style

    style = Style(
        background="transparent",
        plot_background="transparent",
        foreground="currentColor",
        foreground_strong="currentColor",
        foreground_subtle="#8886",
        opacity=".85",
        colors=(_BLUE,),
        font_family="system-ui, 'PingFang SC', 'Noto Sans CJK SC', sans-serif",
        label_font_size=13,
        major_label_font_size=13,
    )
    kind = pygal.HorizontalBar if horizontal else pygal.Bar
    # No script: by default pygal would ask another host for one.
    return kind(style=style, js=[], show_legend=False, width=900, height=height, margin=8)


def _svg(chart: Any) -> str:
    text: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return text
