"""How a call looks is written once: the report has it inside, the desk serves the same file."""

from __future__ import annotations

import re
from pathlib import Path

from qa_engine.report.html import render_html
from tests.api.desk.conftest import Town
from tests.qa_engine.report.sample import sample_report

SHARED = Path("qa_engine/report/assets/call_view.css")
OWN = (Path("qa_engine/report/assets/report.css"), Path("api/desk/static/call.css"))


def rules(path: Path) -> set[str]:
    """The rules of a file that stand outside any query, one a line."""
    lines = path.read_text("utf-8").splitlines()
    return {line for line in lines if re.match(r"[.a-z#:\[].*\{.*\}$", line)}


def test_no_rule_stands_in_both_pages_own_files() -> None:
    first, second = map(rules, OWN)
    assert first & second == set()
    assert len(rules(SHARED)) > 60
    assert rules(SHARED) & (first | second) == set()


def test_the_report_has_it_inside() -> None:
    assert SHARED.read_text("utf-8") in render_html(sample_report())


def test_the_desk_serves_the_same_file(town: Town) -> None:
    answer = town.browser("ines").get("/desk/static/call_view.css")
    assert answer.status_code == 200
    assert answer.text == SHARED.read_text("utf-8")
    assert town.browser("ines").get("/desk/static/report.css").status_code == 404
