"""What a call lost, shown piece by piece, comes to the score that is shown."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from qa_engine.report import Report
from qa_engine.report.adding_up import adding_up, conduct_points
from qa_engine.report.html import render_html
from qa_engine.report.table import summary
from qa_engine.rules.score import Score
from tests.qa_engine.report.sample import sample_report

REPORT = sample_report()
LOST = re.compile(r"−(\d+(?:\.\d+)?)")


def score() -> Score:
    assert REPORT.score is not None
    return REPORT.score


def printed(report: Report) -> str:
    out = io.StringIO()
    Console(file=out, width=140, color_system=None).print(summary(report))
    return out.getvalue()


def test_possible_less_deducted_is_earned_and_scales_to_the_total() -> None:
    found = adding_up(score())
    assert round(found.possible - found.deducted + found.spared, 2) == found.earned
    assert round(found.earned / found.possible * found.out_of, 1) == found.total


def test_every_point_that_the_terminal_shows_adds_up_to_what_was_deducted() -> None:
    shown = sum(float(points) for points in LOST.findall(printed(REPORT)))
    assert round(shown, 1) == round(adding_up(score()).deducted, 1)


def test_the_terminal_shows_what_a_broken_check_took() -> None:
    taken = conduct_points(score())
    assert taken
    for points in taken.values():
        assert f"−{points:g}" in next(x for x in printed(REPORT).splitlines() if "说话行为" in x)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_tells_the_sum_under_the_score_sheet(language: str) -> None:
    page = re.sub(r"<[^>]+>", "", render_html(REPORT, language=language))
    found = adding_up(score())
    for figure in (found.possible, found.deducted, found.earned):
        assert f"{figure:g}" in page


def test_a_fatal_finding_is_told_in_the_sum() -> None:
    lost = [one for item in score().items for one in item.deductions]
    fatal = replace(score(), total=0.0, fatal=tuple(lost[:1]))
    made = replace(REPORT, score=fatal)
    assert "总分归零" in printed(made)


def test_a_sentence_that_was_said_once_is_not_told_as_repeated() -> None:
    for said, told in ((1.0, False), (2.0, True)):
        checks = tuple(
            replace(check, value=said) if check.id == "conduct.repeat" else check
            for check in REPORT.conduct.checks
        )
        made = replace(REPORT, conduct=replace(REPORT.conduct, checks=checks))
        assert ("同一句话重复" in printed(made)) is told
        assert ("同一句话重复</span>" in render_html(made)) is told
