from __future__ import annotations

import io

import pytest
from rich.console import Console

from qa_engine.events import Tier
from qa_engine.report.table import summary
from qa_engine.report.wording import catalogue
from qa_engine.rules.counting import Reason
from tests.qa_engine.report.sample import sample_report


def printed(width: int = 100, language: str = "zh", spoken: list[object] | None = None) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(summary(sample_report(spoken), language=language))  # type: ignore[arg-type]
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_score_and_the_verdict_are_in_the_title() -> None:
    assert "56.3/100 不合格" in printed().splitlines()[0]


def test_each_finding_has_its_time_its_row_and_its_suggestion() -> None:
    line = next(line for line in printed().splitlines() if "推说不知道" in line)
    for part in ("00:22", "S1.1", "我也不之道", "让我帮您查询一下相关信息", "−10"):
        assert part in line


def test_missed_steps_stand_out() -> None:
    assert "✕核实身份−4" in printed()
    assert "✓开场问候" in printed()


def test_a_synthetic_model_is_told() -> None:
    assert "nano_zh" in printed()


def test_a_call_without_findings_says_so() -> None:
    assert "没有发现不当表达" in printed(spoken=[])


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    from rich.cells import cell_len

    assert all(cell_len(line) <= width for line in printed(width).splitlines())


def test_it_speaks_english_too() -> None:
    assert "No wrong words found" in printed(language="en", spoken=[])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_why_a_finding_does_not_simply_count_has_its_words(language: str) -> None:
    words = catalogue(language)

    assert [reason for reason in Reason if reason and f"effect_{reason}" not in words] == []
    assert [tier for tier in Tier if f"tier_{tier}" not in words] == []
