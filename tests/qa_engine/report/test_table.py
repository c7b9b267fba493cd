from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from qa_engine.events import Tier
from qa_engine.report import Report
from qa_engine.report.html import render_html
from qa_engine.report.table import summary
from qa_engine.report.wording import catalogue
from qa_engine.rules.counting import Effect, Reason
from qa_engine.rules.judgeable import Unjudgeable, unjudgeable
from tests.qa_engine.report.sample import sample_report


def shown(made: Report, width: int = 100, language: str = "zh") -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(summary(made, language=language))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def printed(width: int = 100, language: str = "zh") -> str:
    return shown(sample_report(), width, language)


def clean() -> Report:
    return replace(sample_report(), hits=())


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
    assert "没有发现不当表达" in shown(clean())


@pytest.mark.parametrize("width", [60, 80, 140])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    from rich.cells import cell_len

    assert all(cell_len(line) <= width for line in printed(width).splitlines())


def test_it_speaks_english_too() -> None:
    assert "No wrong words found" in shown(clean(), language="en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_reason_why_a_finding_does_not_simply_count_has_its_words(language: str) -> None:
    words = catalogue(language)

    assert [reason for reason in Reason if reason and f"effect_{reason}" not in words] == []
    assert [tier for tier in Tier if f"tier_{tier}" not in words] == []


def test_of_a_call_that_cannot_be_judged_nothing_is_said_to_be_right_or_left_out() -> None:
    made = replace(
        sample_report(), score=None, hits=(), judgeable=unjudgeable(Unjudgeable.NO_SPEECH)
    )
    terminal, page = shown(made), render_html(made)
    said = re.findall(r'<p class="empty">.*?</p>', page, re.S)

    assert "没有发现不当表达" not in terminal
    assert "没有依据可判" in terminal
    assert any("没有依据可判" in one for one in said)
    assert not any("没有发现不当表达" in one for one in said)
    assert "✕" not in terminal
    assert "step state-missed" not in page


def test_as_many_findings_are_marked_as_waiting_as_are_counted_so() -> None:
    """One rule twice in an utterance stands on one line."""
    made = sample_report()
    first = replace(made.hits[0], needs_review=False, effect=Effect.COUNTED)
    second = replace(first, id="again", heard="不之道", needs_review=True, effect=Effect.WAITING)
    third = replace(second, id="once more", heard="我不知")
    lines = shown(replace(made, hits=(first, second, third)), width=140).splitlines()

    assert any("待复核点 2" in line for line in lines)
    assert sum(line.count("” 待复核") + line.count(" 待复核  “") for line in lines) == 2
