"""`qa-engine token`: what an integrator pastes into the first client."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from api.auth import Right, Tokens
from api.cli.app import app, run

SECRET = "a secret of thirty-two characters or more"


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_ENGINE_SECRET", SECRET)


def test_a_token_opens_the_call_it_names_and_no_other() -> None:
    printed = CliRunner().invoke(app, ["token", "c-17", "--role", "watch"])
    grant = Tokens(SECRET).check(printed.output.strip())
    assert grant.allows(Right.WATCH, "c-17")
    assert not grant.allows(Right.WATCH, "c-18")
    assert not grant.allows(Right.FEED, "c-17")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["*", "--role", "watch"], "a watch token is for one call"),
        (["c-17", "--life", "0"], "life"),
        (["c-17", "--role", "owner"], "role"),
    ],
    ids=["watch all", "no life", "unknown role"],
)
def test_a_token_that_makes_no_sense_is_not_minted(
    arguments: list[str], says: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["token", *arguments]) == 2
    told = capfd.readouterr()
    assert says in told.err
    assert told.out == ""
