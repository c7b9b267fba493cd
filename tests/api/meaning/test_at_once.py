"""`qa-engine analyze` puts the questions to the site's model, on its trail, and keeps no answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from api.cli.app import run
from api.meaning import endpoint as endpoints
from api.store import Store, tables
from tests.api.meaning.scripted import Server, serving
from tests.api.meaning.stored import SAID, pack
from tests.qa_engine.meaning.asked_calls import AGENT


@pytest.fixture
def call(tmp_path: Path) -> Path:
    pack(tmp_path)
    path = tmp_path / "call.txt"
    lines = [f"{'坐席' if role is AGENT else '客户'}：{text}" for role, text in SAID]
    path.write_text("\n".join(lines), "utf-8")
    return path


def analyzed(call: Path, monkeypatch: pytest.MonkeyPatch, url: str, *more: str) -> Any:
    """The JSON report that one run writes."""
    monkeypatch.setenv("QA_ENGINE_DATA_DIR", str(call.parent / "data"))
    monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
    monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
    monkeypatch.setenv("QA_ENGINE_MEANING_URL", url)
    monkeypatch.setattr("api.meaning.client.FIRST_WAIT_S", 0.0)
    out = call.parent / "call.json"
    told = ["--phrasebook", str(call.parent / "asking.yaml"), "--json", str(out)]
    assert run(["analyze", str(call), *told, *more]) == 0
    return json.loads(out.read_text("utf-8"))


def states(report: Any) -> dict[str, str]:
    return {answer["item"]: answer["state"] for answer in report["answers"]}


def test_an_analysed_call_is_asked_about_shown_and_on_the_trail_and_no_answer_is_kept(
    call: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server: Server
    with serving() as server:
        report = analyzed(call, monkeypatch, server.url)
    assert states(report) == {"讲清犹豫期": "yes", "问过需求": "yes", "催促": "yes", "安抚": "no"}
    shown = capsys.readouterr().out
    assert "是 催促 “赶紧” 坐席说到了。" in shown
    assert len(server.received) == 1
    store = Store.open(str(call.parent / "data" / "calls.db"))
    with store.reading() as connection:
        rows = connection.execute(
            select(tables.audit.c.subject).where(tables.audit.c.action == "meaning.asked")
        ).all()
        assert [row.subject for row in rows] == [report["call"]["id"]]
        assert connection.scalar(select(tables.spending.c.tokens)) == 1_100
        assert connection.execute(select(tables.asked)).all() == []
    store.close()


def test_an_analysed_call_whose_server_is_down_is_judged_without_and_says_so_once(
    call: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = analyzed(call, monkeypatch, "http://127.0.0.1:9/v1")
    assert set(states(report).values()) == {"waiting"}
    assert report["score"] is not None
    shown = capsys.readouterr().out
    assert shown.count("127.0.0.1: cannot be reached") == 1
    assert "待回答 催促" in shown


def test_an_analysed_call_without_a_server_or_the_extra_opens_no_store(
    call: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    analyzed(call, monkeypatch, "")
    monkeypatch.setattr(endpoints, "find_spec", lambda name: None)
    analyzed(call, monkeypatch, "http://127.0.0.1:9/v1")
    assert capsys.readouterr().out.count("questions need httpx") == 1
    assert not (call.parent / "data").exists()
