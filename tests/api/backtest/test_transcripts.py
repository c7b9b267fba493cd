"""Calls of the past as a backtest reads them."""

from __future__ import annotations

from pathlib import Path

from api.backtest.rematch import judged
from api.backtest.transcripts import from_reports, from_store
from api.store import CallFiling, Store
from api.transcripts.analyzer import TranscriptAnalyzer
from phrasebook import load
from qa_engine.events import StepState
from qa_engine.matching.matcher import Matcher

PACK = """
entries:
  - {id: any, title: 随意, say: 随便你, suggest: 您看哪种合适}
steps:
  - {id: sorry, title: 致歉, say: 非常抱歉, within: 5s}
"""
TALK = "麻烦您把整个过程从头到尾完完整整地讲一遍我这边一边听一边帮您登记在系统里面"


def test_text_without_times_has_no_deadlines_in_a_backtest_either(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text(PACK, "utf-8")
    (tmp_path / "call.txt").write_text(f"坐席：{TALK}\n客户：好\n坐席：非常抱歉\n", "utf-8")
    report = TranscriptAnalyzer(phrasebook=tmp_path / "pack.yaml").analyze(tmp_path / "call.txt")
    book = load(tmp_path / "pack.yaml")
    store = Store.open(str(tmp_path / "calls.sqlite"))
    store.save(report, CallFiling(agent="anna"), book=book)
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "call.json").write_text(report.to_json(), "utf-8")

    past = [*from_store(store), *from_reports(folder)]
    store.close()

    assert [call.timed for call in past] == [False, False]
    states = [judged(call, book, Matcher(book)).steps[0].state for call in past]
    assert states == [report.steps[0].state] * 2 == [StepState.DONE] * 2
