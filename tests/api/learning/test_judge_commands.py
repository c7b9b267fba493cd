"""Verdicts teach the judge, and what it finds without a pattern is listed: from the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import phrasebook
from api.cli import judge as commands
from api.cli.app import run
from api.learning.lessons import lessons
from api.learning.retraining import held_out, measure
from api.store import CallFiling, Store, verdicts
from api.store.verdicts import Verdict
from models.judging import SentenceJudge
from models.judging.examples import Example
from models.judging.opening import VARIABLE
from tests.models.judging.test_sentence_judge import lesson
from tests.qa_engine.report.sample import sample_report

BOOK = """
pack: {name: sample, version: '1'}
entries:
  - {id: vague, title: 说得含糊, say: 也许吧, suggest: [我核实一下]}
  - {id: slow, title: 嫌客户慢, say: 磨磨蹭蹭, suggest: [您慢慢来]}
"""
WRONG = "课程已经核实过了您放心吧"
RIGHT = "这个嘛谁说得好呢差不多得了"
CALLS = 60


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small one in place of the bundled one, which takes a minute to learn."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    rows = [
        {"rule": one.rule, "breach": one.breach, "role": one.role, "line": one.line}
        for one in lesson()
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "agent.jsonl").write_text(text, "utf-8")
    monkeypatch.setattr(commands, "CORPUS", folder)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Calls in which the agent says one of two sentences, and what an inspector said of it."""
    path = str(tmp_path / "calls.db")
    (tmp_path / "book.yaml").write_text(BOOK, "utf-8")
    book = phrasebook.load(tmp_path / "book.yaml")
    opened = Store.open(path)
    for number in range(CALLS):
        report = sample_report()
        right = number % 2 == 0
        first = replace(report.utterances[0], text=RIGHT if right else WRONG, words=())
        report = replace(
            report,
            call=replace(report.call, id=f"call-{number}"),
            utterances=(first, *report.utterances[1:]),
            versions=replace(report.versions, phrasebook=f"{book.name} {book.version}"),
        )
        began = datetime.now(UTC) - timedelta(hours=number)
        opened.save(report, CallFiling(agent="王芳", started_at=began), book=book)
        with opened.writing() as connection:
            verdict = Verdict(
                call_id=f"call-{number}", hit_id="h", rule="vague", utterance=first.id,
                begin_char=0, end_char=2, right=right, by="inspector",
            )  # fmt: skip
            verdicts.give(connection, verdict)
    opened.close()
    return path


def test_verdicts_are_labelled_sentences_with_their_calls(store: str) -> None:
    opened = Store.open(store)
    given = lessons(opened)
    opened.close()

    assert len(given) == CALLS
    assert {(one.example.line, one.example.breach) for one in given} == {
        (RIGHT, True),
        (WRONG, False),
    }


def test_training_tells_before_and_after_on_calls_held_out_and_changes_nothing_else(
    store: str,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bundled = SentenceJudge.load().version
    out, told = tmp_path / "judge.npz", tmp_path / "told.json"

    assert run(["judge", "train", "--store", store, "--out", str(out), "--json", str(told)]) == 0

    result = json.loads(told.read_text())
    kept = sum(held_out(f"call-{number}") for number in range(CALLS))
    assert result["verdicts"] == CALLS
    assert result["before"]["verdicts"] == result["after"]["verdicts"] == kept
    assert result["after"]["area"] == 1.0
    assert result["after"]["recall"] == 1.0
    assert SentenceJudge.load(out).version == result["version"]
    assert SentenceJudge.load().version == bundled
    assert "QA_ENGINE_JUDGE" in capsys.readouterr().out


def test_few_verdicts_train_nothing(
    tmp_path: Path, corpus: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "empty.db"
    Store.open(str(path)).close()
    out = tmp_path / "judge.npz"

    assert run(["judge", "train", "--store", str(path), "--out", str(out)]) == 2

    assert "0 verdicts" in capsys.readouterr().err
    assert not out.exists()


def test_examples_that_cannot_be_read_are_named_by_their_line(
    store: str, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "more.jsonl"
    wrong.write_text('{"rule": "vague"}\n', "utf-8")
    out = tmp_path / "judge.npz"
    command = ["judge", "train", "--store", store, "--out", str(out), "--examples", str(wrong)]

    assert run(command) == 2

    assert f"{wrong}:1:" in capsys.readouterr().err
    assert not out.exists()


def test_what_no_pattern_matches_is_listed_once_and_can_be_learned(
    store: str,
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    judge, found = tmp_path / "judge.npz", tmp_path / "found.jsonl"
    assert run(["judge", "train", "--store", store, "--out", str(judge)]) == 0
    monkeypatch.setenv(VARIABLE, str(judge))
    capsys.readouterr()

    assert run(["discover", "--store", store, "--out", str(found)]) == 0

    rows = [json.loads(line) for line in found.read_text("utf-8").splitlines()]
    assert [row["line"] for row in rows].count(RIGHT) == 1
    assert WRONG not in [row["line"] for row in rows]
    assert "说得含糊" in capsys.readouterr().out
    again = ["judge", "train", "--store", store, "--out", str(judge), "--examples", str(found)]
    assert run(again) == 0


def test_nothing_is_discovered_without_a_judge(
    store: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "off")

    assert run(["discover", "--store", store]) == 2

    assert "QA_ENGINE_JUDGE" in capsys.readouterr().err


def test_without_a_judge_everything_is_as_likely() -> None:
    rows = [Example("vague", right, "agent", "大概吧") for right in (True, False)]

    assert measure(None, rows).area == 0.5
