"""`qa-engine doors`: a list with what was last seen, and a test call through each real door."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from api.cli.app import app, run
from api.clients.doors.trying import CLIENTS, try_door
from api.doors.door import DOORS
from tests.api.live.servers import SECRET, Server

HANG_UP_MS = 64_960
"""The bundled call's length."""


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_SECRET", SECRET)


@pytest.mark.parametrize("name", sorted(CLIENTS))
def test_each_door_takes_a_whole_call(server: Server, name: str) -> None:
    ended = try_door(name, url=server.ws, settings=server.calls.settings, speed=20.0)
    assert ended["reason"] == "closed"
    assert abs(ended["duration_ms"] - HANG_UP_MS) <= 500
    printed = CliRunner().invoke(app, ["doors", "--url", server.ws], env={"COLUMNS": "300"}).output
    (row,) = [line for line in printed.splitlines() if line.strip().startswith(f"{name} ")]
    assert f"call try-{name}" in row


def test_every_door_but_our_own_can_be_tried() -> None:
    assert set(DOORS) - set(CLIENTS) == {"listen"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["try", "back"], "there is no door 'back'"),
        (["try", "freeswitch", "--call", "nobody"], "no bundled call"),
        (["try", "freeswitch", "--url", "ws://127.0.0.1:9"], "ws://127.0.0.1:9"),
        (["--url", "ws://127.0.0.1:9", "try", "freeswitch"], "ws://127.0.0.1:9"),
    ],
)
def test_what_cannot_be_tried_is_told_in_a_sentence(
    arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["doors", *arguments]) == 2
    told = capfd.readouterr().err
    assert says in told
    assert len(told.strip().splitlines()) == 1


def test_without_a_server_the_doors_are_listed_all_the_same(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["doors", "--url", "ws://127.0.0.1:9"]) == 0
    told = capfd.readouterr().out
    assert "/v1/freeswitch" in told
    assert "no server at ws://127.0.0.1:9" in told
