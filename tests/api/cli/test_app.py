"""A command imports what it needs, and nothing of the others."""

from __future__ import annotations

import subprocess
import sys

import pytest

from api.cli.app import COMMANDS, whole
from api.cli.translated import command_of

HEAVY = ("sqlalchemy", "openpyxl", "fastapi", "ray")


def test_every_command_is_there_under_its_name() -> None:
    assert set(command_of(whole()).commands) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_one_command_alone_is_called_by_its_name_too(name: str) -> None:
    assert list(command_of(whole(name)).commands) == [name]


def test_analysing_a_recording_loads_no_database_and_no_workbook() -> None:
    code = (
        "import sys; from api.cli.app import run; run(['analyze', 'no-such.wav']); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
