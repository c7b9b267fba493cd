"""The batch as one page to read: figures, charts, agents, failures, with links to the calls."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection, select

from api.batch.charts import missed_steps, score_distribution, top_rules
from api.batch.sheets import AGENT_HEADER, agents, summary
from api.store.tables import calls, sources

MOST_ROWS = 200
"""A page is to be read; the workbook holds the rest."""


def render_summary(connection: Connection, *, pages: Path | None) -> str:
    """HTML; `pages` is the folder of call pages beside it, None where there are none."""
    environment = Environment(
        loader=PackageLoader("api.batch"), autoescape=True, undefined=StrictUndefined
    )
    worst = select(calls).order_by(calls.c.score, calls.c.id).limit(MOST_ROWS)
    failed = select(sources).where(sources.c.state == "failed").limit(MOST_ROWS)
    return environment.get_template("summary.html").render(
        figures=list(summary(connection)),
        charts=[
            (title, Markup(svg))
            for title, svg in (
                ("得分分布", score_distribution(connection)),
                ("命中最多的规则", top_rules(connection)),
                ("遗漏或超时最多的步骤（%）", missed_steps(connection)),
            )
            if svg
        ],
        agent_header=AGENT_HEADER,
        agents=list(agents(connection))[:MOST_ROWS],
        calls=connection.execute(worst).all(),
        failures=connection.execute(failed).all(),
        folder=pages.name if pages else "",
    )
