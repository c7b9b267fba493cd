"""The judge's page: who may, what it shows, a file in and out, one step back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.rulebook.judges import judge_in_force
from models.judging import SentenceJudge
from models.judging.opening import OF_STORE, VARIABLE
from tests.api.desk.conftest import Browser, Town


@pytest.fixture(autouse=True)
def own_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv(OF_STORE, "")
    monkeypatch.delenv(VARIABLE, raising=False)


def upload(browser: Browser, path: str, body: bytes) -> Any:
    headers = {"X-CSRF": browser.csrf, "Content-Type": "application/octet-stream"}
    return browser.client.post(path, content=body, headers=headers)


def file_of(tmp_path: Path) -> bytes:
    SentenceJudge({}).save(tmp_path / "new.npz")
    return (tmp_path / "new.npz").read_bytes()


@pytest.mark.parametrize("login", ["anna", "ines"])
def test_agents_and_inspectors_do_not_see_it(town: Town, login: str) -> None:
    assert town.browser(login).get("/desk/rules/judge").status_code == 403


def test_a_judge_is_published_taken_out_and_rolled_back(town: Town, tmp_path: Path) -> None:
    lead = town.browser("lena")
    assert "随软件安装的" in lead.get("/desk/rules/judge").text
    body = file_of(tmp_path)
    sent = upload(lead, "/desk/api/rules/judge?follows=0&note=新一轮裁定", body)
    assert sent.json() == {"number": 1}, sent.text
    judge = judge_in_force(town.store)

    page = lead.get("/desk/rules/judge").text
    assert judge in page
    assert "新一轮裁定" in page
    assert lead.get(f"/desk/rules/judge.npz?judge={judge}").content == body
    form = {"number": "0", "follows": "1", "note": "再看看"}
    assert lead.post("/desk/rules/judge/rollback", **form).status_code == 303
    assert judge_in_force(town.store) == ""
    assert "再看看" in lead.get("/desk/rules/judge").text


def test_what_is_refused_is_told_in_words(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    lead = town.browser("lena")
    lead.get("/desk/rules/judge")
    sent = upload(lead, "/desk/api/rules/judge?follows=0", b"no judge")
    assert sent.json()["key"] == "no_judge"
    monkeypatch.setenv(VARIABLE, "off")

    assert "QA_ENGINE_JUDGE" in lead.get("/desk/rules/judge").text
    refused = lead.post("/desk/rules/judge/rollback", number="0", follows="0")
    assert "QA_ENGINE_JUDGE" in refused.text
