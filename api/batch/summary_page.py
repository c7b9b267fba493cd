"""The batch as one page to read: figures, charts, agents, failures, with links to the calls."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection, select

from api.batch.charts import missed_steps, score_distribution, top_rules
from api.batch.scope import BatchScope
from api.batch.sheets.agents import AGENT_HEADER, agents
from api.batch.sheets.calls import reason, worst_first
from api.batch.sheets.summary import BASIS, figures, versions
from api.batch.sheets.table import COUNTS
from api.store.agents import staff
from api.store.tables import sources
from qa_engine.privacy import mask_name
from qa_engine.report.wording import clock, say
from qa_engine.rules.counting import Conclusion, conclusion_of
from qa_engine.rules.tally import CountedAs

MOST_ROWS = 200
"""A page is to be read; the workbook holds the rest."""


def render_summary(connection: Connection, scope: BatchScope, *, pages: Path | None) -> str:
    """HTML; `pages` is the folder of call pages beside it, None where there are none."""
    environment = Environment(
        loader=PackageLoader("api.batch"), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {
        "name": mask_name,
        "reason": reason,
        "clock": clock,
        "conclusion": concluded,
    }
    worst = worst_first(scope)
    failed = select(sources).where(scope.sources, sources.c.state == "failed")
    rows = connection.execute(worst.limit(MOST_ROWS)).all()
    return environment.get_template("summary.html").render(
        figures=list(figures(connection, scope)),
        basis=BASIS,
        counts=[COUNTS[count] for count in CountedAs if count],
        versions=list(versions(connection, scope)),
        charts=[
            (title, Markup(svg))
            for title, svg in (
                ("得分分布", score_distribution(connection, scope)),
                ("违规点与客户触发最多的规则", top_rules(connection, scope)),
                ("没有说或说晚了最多的步骤（%）", missed_steps(connection, scope)),
            )
            if svg
        ],
        agent_header=AGENT_HEADER,
        agents=list(islice(agents(connection, scope), MOST_ROWS)),
        calls=rows,
        staff=staff(connection),
        failures=connection.execute(failed.order_by(sources.c.path).limit(MOST_ROWS)).all(),
        synthetic=any(row.rest["versions"].get("synthetic_model") for row in rows),
        folder=pages.name if pages else "",
    )


_TONES = {Conclusion.PASSED: "good", Conclusion.FAILED: "bad"}


def concluded(row: Any) -> tuple[str, str]:
    """What a call came to in words, and the class of their colour."""
    conclusion = conclusion_of(row.standing_score, row.standing_passed)
    words = say("zh", conclusion)
    if row.standing_score is None and row.unjudgeable:
        words = f"{words} · {say('zh', f'unjudgeable_{row.unjudgeable}')}"
    return f"{words} · 致命项" if row.standing_fatal else words, _TONES.get(conclusion, "open")
