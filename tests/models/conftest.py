"""A random Whisper directory, built once, copied where a test wants to damage it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.models import tiny_whisper


@pytest.fixture(scope="session")
def whole_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.build(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture
def model(whole_model: Path, tmp_path: Path) -> Path:
    """A copy that the test may damage."""
    return Path(shutil.copytree(whole_model, tmp_path / "model"))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QA_ENGINE_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("QA_ENGINE_MODEL", raising=False)
    return tmp_path / "cache"
