"""A server with speech that needs no model, for every door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import scripted_hearing

DOOR_PASSWORD = "a password of the switch"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    settings = settings_for(tmp_path, door_password=DOOR_PASSWORD, resume_s=5.0)
    with running(settings, scripted_hearing(tmp_path)) as up:
        yield up
