"""A summary for the ticket, the reason and advice, written by a model for somebody to check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from api.cli.app import run
from api.store import Store, tables
from tests.api.meaning.scripted import Fault, serving
from tests.api.meaning.stored import fill, judged, pack


@pytest.fixture
def where(tmp_path: Path) -> str:
    store = Store.open(str(tmp_path / "calls.db"))
    book = pack(tmp_path)
    fill(store, book, [judged(book)])
    store.close()
    return str(tmp_path / "calls.db")


def write(
    where: str, monkeypatch: pytest.MonkeyPatch, *more: str, fault: Fault = lambda number: ""
) -> int:
    monkeypatch.setenv("QA_ENGINE_MEANING_HOSTS", "127.0.0.1")
    monkeypatch.setenv("QA_ENGINE_MEANING_MODEL", "scripted-1")
    with serving(fault) as server:
        monkeypatch.setenv("QA_ENGINE_MEANING_URL", server.url)
        return run(["meaning", "write", "c-1", "--store", where, *more])


def test_what_is_written_says_who_wrote_it_and_is_checked_as_a_ticket(
    where: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert write(where, monkeypatch) == 0
    told = capsys.readouterr().out
    assert told.startswith("【written by the language model scripted-1 @ 127.0.0.1")
    assert "问题描述：客户询问犹豫期" in told
    assert "· 不要催促（“赶紧定吧”）" in told
    assert "语气可以更温和" not in told
    assert told.rstrip().endswith("合格")


def test_it_is_on_the_trail_and_nothing_else_is_filed(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.open(where)
    before = store.load("c-1")
    assert write(where, monkeypatch, "--json", fault=lambda n: "invalid" if n == 0 else "") == 0
    assert json.loads(capsys.readouterr().out)["ticket"]["elements"]
    assert store.load("c-1") == before
    with store.reading() as connection:
        rows = connection.execute(
            select(tables.audit.c.detail).where(tables.audit.c.action == "meaning.asked")
        ).all()
        assert [row.detail["outcome"] for row in rows] == ["written", "written"]
        assert connection.scalar(select(tables.spending.c.tokens)) == 2_200
    store.close()


def test_what_has_not_the_form_twice_is_told_in_one_sentence(
    where: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write(where, monkeypatch, fault=lambda number: "invalid") == 2
    assert capsys.readouterr().err.splitlines() == [
        "127.0.0.1: twice no answer of the form that was asked for"
    ]
