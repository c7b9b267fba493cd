"""A night and a morning from the command line: batch, search, verdicts, precision, backtest, purge."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

import phrasebook
from api.batch.sheets.hits import HIT_HEADER, VERDICT
from api.cli.app import run
from api.store import CallFiling, Store
from tests.qa_engine.report.sample import sample_report

DEMO = Path(__file__).parents[3] / "api" / "demo"
BOOK = """
pack: {name: sample, version: '1'}
entries:
  - {id: s1-1-dont-know, title: 推说不知道, say: 我...2不知道, suggest: [让我帮您查询一下]}
  - {id: not-mine, title: 推责, say: 不归我管, suggest: [我来帮您转接]}
"""
PHONE = "幺三八零零幺三八零零零"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Ten calls of today and one of last year, sealed."""
    monkeypatch.setenv("QA_ENGINE_REVEAL_KEY", Fernet.generate_key().decode())
    path = str(tmp_path / "calls.db")
    (tmp_path / "book.yaml").write_text(BOOK, "utf-8")
    book = phrasebook.load(tmp_path / "book.yaml")
    opened = Store.open(path)
    now = datetime.now(UTC)
    for number in range(11):
        report = sample_report()
        first = replace(report.utterances[0], text=f"我的手机号是{PHONE}", words=())
        report = replace(
            report,
            call=replace(report.call, id=f"call-{number}"),
            utterances=(first, *report.utterances[1:]),
            versions=replace(report.versions, phrasebook=f"{book.name} {book.version}"),
        )
        began = now - timedelta(days=400 if number == 10 else number)
        opened.save(report, CallFiling(agent="王芳", started_at=began), book=book)
    opened.close()
    return path


def test_search_finds_by_sound_and_covers_numbers(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["store", "search", "不知道", "--sound", "--store", store]) == 0
    found = capsys.readouterr().out
    assert "这个我也不之道啊" in found

    assert run(["store", "search", "buzhidao", "--store", store]) == 0
    assert "不之道" in capsys.readouterr().out
    assert run(["store", "search", "手机号", "--store", store]) == 0
    found = capsys.readouterr().out
    assert "***" in found
    assert PHONE not in found


def test_reveal_shows_what_search_covers(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "reveal", "call-1", "--store", store]) == 0

    assert PHONE in capsys.readouterr().out


def test_purge_by_age_counts_first_and_then_removes(
    store: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["store", "purge", "--older-than", "180d", "--store", store]
    assert run([*command, "--dry-run"]) == 0
    assert "1 calls and 0 recordings would be removed" in capsys.readouterr().out
    assert run(command) == 0
    assert "1 calls and 0 recordings removed" in capsys.readouterr().out
    assert run(command) == 0
    assert "0 calls" in capsys.readouterr().out
    assert run(["store", "audit", "--store", store]) == 0
    assert "whole" in capsys.readouterr().out


def test_verdicts_move_a_rule_from_prompt_to_silence_but_only_as_a_proposal(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = Store.open(store)
    rows = []
    with opened.reading() as connection:
        for call, hit, rule in connection.exec_driver_sql("SELECT call_id, id, rule FROM hits"):
            rows.append((rule, {"通话": call, "命中编号": hit, VERDICT: "错"}))
    opened.close()
    rule = "s1-1-dont-know"
    with (tmp_path / "v.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, HIT_HEADER)
        writer.writeheader()
        writer.writerows(row for name, row in rows if name == rule)

    assert run(["store", "verdicts", str(tmp_path / "v.csv"), "--store", store]) == 0
    assert "11 new verdicts" in capsys.readouterr().out
    assert run(["store", "precision", "--store", store, "--least", "5", "--json"]) == 0
    told = {row["rule"]: row for row in json.loads(capsys.readouterr().out)}
    assert told[rule]["proposal"] == "silence"
    assert told[rule]["precision"]["high"] < 0.8
    other = next(row for name, row in told.items() if name != rule)
    assert other["proposal"] == "more_verdicts"


def test_an_edit_is_tried_on_the_store_before_it_goes_live(
    store: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(BOOK.replace("不归我管", "踢皮球, who: customer"), "utf-8")
    result = tmp_path / "diff.json"
    command = ["backtest", str(draft), "--against", store, "--json", str(result)]

    assert run([*command, "--html", str(tmp_path / "diff.html"), "--workers", "1"]) == 0

    told = json.loads(result.read_text("utf-8"))
    changed = {rule["rule"]: rule for rule in told["rules"] if rule["new"] or rule["lost"]}
    assert told["calls"] == 11
    assert list(changed) == ["not-mine"]
    assert (changed["not-mine"]["new"], changed["not-mine"]["lost"]) == (11, 11)
    assert "踢皮球" in changed["not-mine"]["new_quotes"][0]["quote"]
    page = (tmp_path / "diff.html").read_text("utf-8")
    assert PHONE not in page
    assert "11 calls" in capsys.readouterr().out
    assert run([*command, "--since", (datetime.now() - timedelta(days=30)).date().isoformat()]) == 0
    assert json.loads(result.read_text("utf-8"))["calls"] == 10


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["store", "search", "x", "--store", "nowhere.db"], "no such store"),
        (["backtest", "nowhere.yaml", "--against", "nowhere.db"], "nowhere"),
        (["batch", "nowhere", "--out", "out"], "no recordings here"),
        (["batch", "."], "--out DIR or --store"),
        (["store", "purge", "--older-than", "soon", "--store", "nowhere.db"], "--older-than"),
    ],
)
def test_what_is_not_there_is_told_in_one_sentence(
    command: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(command) == 2

    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
    assert not (tmp_path / "nowhere.db").exists()


def test_a_ticket_is_checked_with_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "ticket.txt"
    bad.write_text("客户很不讲理，电话13800138000，稍后再联系", "utf-8")

    assert run(["ticket", str(bad)]) == 1
    told = capsys.readouterr().out
    assert "需修改" in told
    assert "13800138000" not in told


def test_many_tickets_are_checked_at_once_each_by_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]
    for name in names:
        Path(name).write_text("稍后再联系", "utf-8")

    assert run(["ticket", *names]) == 1
    told = capsys.readouterr().out
    assert all(name in told for name in names)
    assert run(["ticket", "--json", *names]) == 1
    assert [row["file"] for row in json.loads(capsys.readouterr().out)] == names


@pytest.mark.model
def test_a_night_of_recordings_from_folder_to_workbook(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    for name in ("good.flac", "forbidden.flac"):
        shutil.copy(DEMO / name, tmp_path / "in" / name)
    (tmp_path / "in" / "broken.wav").write_bytes(b"PK\x03\x04")
    out = tmp_path / "out"
    command = ["batch", str(tmp_path / "in"), "--out", str(out), "--workers", "1"]

    assert run([*command, "--dry-run"]) == 0
    assert not out.exists()
    assert run([*command, "--audio", str(tmp_path / "shelf")]) == 1
    told = capsys.readouterr().out
    assert "2 analysed, 0 duplicates, 1 failed" in told
    assert {p.name for p in out.glob("*.*")} >= {"calls.xlsx", "calls.jsonl", "summary.html"}
    assert run(["store", "export-audio", _first(out), "--store", str(out / "calls.db"),
                "--to", str(tmp_path / "a.flac")]) == 0  # fmt: skip
    assert run(command) == 1
    assert "0 analysed" in capsys.readouterr().out


def _first(out: Path) -> str:
    return str(next((out / "calls").glob("*.html")).stem)


def test_a_mistyped_source_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["batch", str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")]) == 2
    assert "no recordings here" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_search_without_a_find_says_so(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["store", "search", "量子纠缠", "--store", store]) == 0
    assert "nothing found" in capsys.readouterr().out
