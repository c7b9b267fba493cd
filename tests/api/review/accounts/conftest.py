"""A store for what counts seconds and characters: SQL of a second kind is tried elsewhere."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from api.review.accounts import attempts, sessions
from api.store import Store


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that nobody has used: to copy it is quicker than to make one for each test."""
    path = tmp_path_factory.mktemp("accounts") / "empty.db"
    Store.open(str(path)).close()
    return path


@pytest.fixture
def store_url(tmp_path: Path, empty: Path) -> str:
    return str(shutil.copyfile(empty, tmp_path / "calls.db"))


class Clock:
    """Stands until it is told to go on."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def now(self, zone: tzinfo) -> datetime:
        assert zone is UTC
        return self.at

    def on(self, **span: float) -> None:
        self.at += timedelta(**span)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    told = Clock()
    for module in (attempts, sessions):
        monkeypatch.setattr(module, "datetime", told)
    return told
