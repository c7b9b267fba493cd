"""Text that does not say how sure its recogniser was shows no such figure anywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from api.cli.app import run
from api.store import Store
from api.store.calls import CallFiling
from api.transcripts.analyzer import TranscriptAnalyzer
from qa_engine.report import Report
from qa_engine.report.html import render_html
from qa_engine.report.sureness import measured
from tests.api.review.test_queue import draw, waiting
from tests.qa_engine.report.sample_pack import pack

SAID = "这个我也不知道"


def words(folder: Path, **more: object) -> Path:
    file = folder / "call.json"
    line = {"role": "agent", "begin_ms": 4_000, "end_ms": 5_500, "text": SAID}
    asked = {"role": "customer", "begin_ms": 0, "end_ms": 3_000, "text": "我那个订单怎么还没到"}
    rest = {"role": "agent", "begin_ms": 40_000, "end_ms": 43_000, "text": "感谢您的来电，再见"}
    lines = [one | more for one in (asked, line, rest)]
    file.write_text(json.dumps(lines, ensure_ascii=False), "utf-8")
    return file


def page(file: Path) -> str:
    """What is shown, without the words for the other language that the page carries."""
    return render_html(analyzed(file)).partition("<script")[0]


def analyzed(file: Path) -> Report:
    return TranscriptAnalyzer().analyze(file)


def test_a_confidence_that_nobody_told_is_none_and_one_that_was_told_stays() -> None:
    assert measured(1.0, "transcript 1") is None
    assert measured(0.87, "transcript 1") == 0.87
    assert measured(1.0, "nano_zh 3") == 1.0


def test_the_page_says_that_nothing_was_measured(tmp_path: Path) -> None:
    shown = page(words(tmp_path))
    assert "识别 不适用" in shown
    assert "识别 100%" not in shown


def test_the_page_shows_what_the_recogniser_told(tmp_path: Path) -> None:
    shown = page(words(tmp_path, confidence=0.87))
    assert "识别 87%" in shown
    assert "识别 不适用" not in shown


@pytest.mark.parametrize(("told", "shown"), [({}, "不适用"), ({"confidence": 0.87}, 0.87)])
def test_the_workbook_says_so_too(tmp_path: Path, told: dict[str, object], shown: object) -> None:
    calls, out = tmp_path / "calls", tmp_path / "out"
    calls.mkdir()
    words(calls, **told)
    assert run(["batch", str(calls), "--transcript", "--out", str(out)]) == 0
    heading, row = load_workbook(out / "calls.xlsx")["通话"].iter_rows(values_only=True)
    assert row[heading.index("识别置信度")] == shown


def test_the_inspector_s_queue_has_no_figure_for_it(store: Store, tmp_path: Path) -> None:
    store.save(analyzed(words(tmp_path)), CallFiling(agent="anna"), book=pack())
    draw(store, ("random", 5.0))
    (row,) = waiting(store)
    assert row.confidence is None
