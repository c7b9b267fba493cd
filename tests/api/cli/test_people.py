"""`qa-engine people`: accounts from the command line, for a server nobody can enter any more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.app import app
from api.cli.app import run as run_command
from api.review.accounts import people, sessions
from api.review.errors import NotAllowed
from api.store import Store


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["people", *arguments], env={"COLUMNS": "120"})
    return done.exit_code, done.output


@pytest.fixture
def place(tmp_path: Path) -> str:
    where = str(tmp_path / "calls.db")
    store = Store.open(where)
    people.first_admin(store)
    store.close()
    return where


def password(output: str) -> str:
    found = re.search(r"one-time password ([\w-]+)", output)
    assert found, output
    return found[1]


def test_a_lost_password_is_reset_and_opens_once_more(place: str) -> None:
    status, output = run("reset", "admin", "--store", place)
    store = Store.open(place)

    session = sessions.log_in(store, "admin", password(output), address="x")

    assert status == 0
    assert session.person.must_change
    store.close()


def test_people_are_added_listed_and_shut_out(place: str) -> None:
    _, made = run("add", "ines", "--role", "inspector", "--name", "伊内斯", "--store", place)
    assert run("disable", "ines", "--store", place)[0] == 0

    assert re.search(r"ines\s+伊内斯\s+inspector\s+disabled", run("list", "--store", place)[1])
    store = Store.open(place)
    with pytest.raises(NotAllowed):
        sessions.log_in(store, "ines", password(made), address="x")
    run("enable", "ines", "--store", place)
    assert sessions.log_in(store, "ines", password(made), address="x").person.name == "伊内斯"
    store.close()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("reset", "nobody"), "nobody has the login nobody"),
        (("disable", "nobody"), "nobody has the login nobody"),
        (("disable", "admin"), "the last administrator must stay one"),
        (("add", "admin", "--role", "lead"), "there is already somebody"),
        (("add", "x y", "--role", "lead"), "without spaces"),
        (("add", "eva", "--role", "boss"), "expected one of agent, inspector, lead, admin"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    place: str, arguments: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(["people", *arguments, "--store", place]) == 2
    assert sentence in capsys.readouterr().err


def test_a_mistyped_store_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["people", "list", "--store", str(tmp_path / "typo.db")]) == 2
    assert "no such store" in capsys.readouterr().err
    assert not (tmp_path / "typo.db").exists()


def test_in_chinese_a_role_is_named_in_chinese(place: str) -> None:
    done = CliRunner().invoke(
        app, ["people", "list", "--store", place], env={"QA_ENGINE_LANG": "zh", "COLUMNS": "120"}
    )
    assert "管理员" in done.output
