"""`qa-engine hooks`: what is set is listed without its secrets, tried, and told again."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.app import run
from api.hooks.cursor import Cursors
from api.hooks.hook import read
from tests.api.hooks.receiver import receiver


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QA_ENGINE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("QA_ENGINE_HOOK_SECRET", "a secret of the hooks")


def test_hooks_are_listed_without_their_addresses(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_HOOKS", "wecom+https://qyapi.example/send?key=abcdef#alert")
    assert run(["hooks"]) == 0
    told = capfd.readouterr().out
    assert "qyapi.example/" in told
    assert "abcdef" not in told


def test_a_made_up_message_tells_whether_a_hook_takes_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with receiver() as site:
        monkeypatch.setenv("QA_ENGINE_HOOKS", site.url)
        assert run(["hooks", "try"]) == 0
        site.answers = [(404, {})]
        assert run(["hooks", "try"]) == 1
    assert "unwanted (HTTP 404)" in capfd.readouterr().out
    assert site.told[0]["test"] is True


def test_telling_again_is_left_for_the_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address = "https://crm.example/qa"
    monkeypatch.setenv("QA_ENGINE_HOOKS", address)
    assert run(["hooks", "again", "--after", "17"]) == 0
    assert Cursors(tmp_path).taken_up() == {read(address).name: 17}
    assert run(["hooks", "again", "--after", "17", "--hook", "nobody"]) == 2


@pytest.mark.parametrize("command", [["hooks"], ["serve"]])
def test_an_address_that_is_none_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setenv("QA_ENGINE_HOOKS", "http://crm.example/secret")
    monkeypatch.setenv("QA_ENGINE_PORT", "0")
    assert run(command) == 2
    told = capfd.readouterr().err
    assert "a hook's address begins" in told
    assert "secret" not in told
