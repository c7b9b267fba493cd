"""An edit is tried on the past: hits that come, hits that go, and what inspectors knew of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import phrasebook
from api.backtest.diff import Backtest, compare
from api.backtest.page import render_backtest, to_json
from api.backtest.rematch import rematch
from api.backtest.transcripts import PastCall, from_reports
from api.store.verdicts import Verdict
from qa_engine.errors import QAError
from qa_engine.events import Role, Utterance
from tests.qa_engine.report.sample import sample_report

BASE = "entries: [{id: unsure, say: 我不知道, suggest: [我帮您查询]}]"
DRAFT = "entries: [{id: unsure, say: [我不清楚], suggest: [我帮您查询]}]"


def book(folder: Path, name: str, text: str) -> phrasebook.Phrasebook:
    path = folder / f"{name}.yaml"
    path.write_text(text, "utf-8")
    return phrasebook.load(path)


def call(number: int, *said: str) -> PastCall:
    spoken = tuple(
        Utterance(
            id=n, role=Role.AGENT, channel=0, begin_ms=n * 5000, end_ms=n * 5000 + 3000, text=t
        )
        for n, t in enumerate(said)
    )
    return PastCall(id=f"c{number}", day="2026-11-20", duration_ms=60_000, utterances=spoken)


def verdict(call_id: str, utterance: int, *, right: bool, end: int = 4) -> Verdict:
    return Verdict(
        call_id=call_id,
        hit_id=f"h{utterance}",
        rule="unsure",
        utterance=utterance,
        begin_char=0,
        end_char=end,
        right=right,
        by="inspector",
    )


@pytest.fixture
def result(tmp_path: Path) -> Backtest:
    before, after = book(tmp_path, "base", BASE), book(tmp_path, "draft", DRAFT)
    calls = [call(1, "我不知道啊", "我不清楚呢"), call(2, "我不清楚", "谢谢您来电")]
    return compare(
        rematch(calls, before, after, workers=1),
        before="1",
        after="2",
        judged=[
            verdict("c1", 0, right=True),
            verdict("c1", 1, right=True),
            verdict("c2", 0, right=False),
        ],
    )


def test_new_and_lost_hits_are_told_with_quotes(result: Backtest) -> None:
    [rule] = result.rules

    assert (rule.kept, rule.new, rule.lost) == (0, 2, 1)
    assert [hit.quote for hit in rule.lost_quotes] == ["我不知道啊"]


def test_precision_counts_judged_hits_and_recall_the_right_places(result: Backtest) -> None:
    [rule] = result.rules

    assert (rule.precision.part, rule.precision.whole) == (1, 2)
    assert (rule.recall.part, rule.recall.whole) == (1, 2)
    assert (rule.precision_before.part, rule.precision_before.whole) == (1, 1)


def test_the_page_and_the_json_hold_the_figures(result: Backtest) -> None:
    page = render_backtest(result)

    assert "新增 2" in page
    assert "<script" not in page
    assert '"new": 2' in to_json(result)


def test_words_of_a_call_cannot_become_markup(tmp_path: Path) -> None:
    before, after = book(tmp_path, "base", BASE), book(tmp_path, "draft", DRAFT)
    calls = [call(1, "<img src=x onerror=alert(1)>我不清楚")]

    page = render_backtest(compare(rematch(calls, before, after, workers=1), before="1", after="2"))

    assert "<img" not in page


def test_many_processes_find_what_one_finds(tmp_path: Path) -> None:
    before, after = book(tmp_path, "base", BASE), book(tmp_path, "draft", DRAFT)
    calls = [call(n, "我不知道啊", "我不清楚呢") for n in range(450)]

    one, two = (
        compare(rematch(calls, before, after, workers=w), before="1", after="2") for w in (1, 2)
    )

    assert to_json(one) == to_json(two)


def test_a_folder_of_reports_is_a_past_too(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(sample_report().to_json(), "utf-8")

    [past] = from_reports(tmp_path)

    assert past.utterances


def test_reports_of_a_batch_are_read_from_a_day_on(tmp_path: Path) -> None:
    report = sample_report().to_dict()
    lines = [
        json.dumps({**report, "filing": {"started_at": f"2026-11-{day}T09:30:00+08:00"}})
        for day in (20, 21)
    ]
    (tmp_path / "calls.jsonl").write_text("\n".join(lines), "utf-8")

    found = from_reports(tmp_path, since=datetime.fromisoformat("2026-11-21T00:00:00+08:00"))
    assert [past.day for past in found] == ["2026-11-21"]


@pytest.mark.parametrize("since", [None, datetime(2026, 11, 1, tzinfo=UTC)])
@pytest.mark.parametrize("text", ["{}", "[1]", "not json", '{"call": {"id": 1}}'])
def test_a_file_that_is_no_report_is_told(
    tmp_path: Path, text: str, since: datetime | None
) -> None:
    (tmp_path / "a.json").write_text(text, "utf-8")

    with pytest.raises(QAError, match=r"a\.json:1"):
        list(from_reports(tmp_path, since=since))
