from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import models
from models import whisper


@pytest.mark.parametrize(("said", "threads"), [("1", 1), ("3", 3), ("", 2), ("0", 2), ("x", 2)])
def test_a_decode_has_as_many_threads_as_the_environment_says_else_as_there_are_cores(
    whole_model: Path, monkeypatch: pytest.MonkeyPatch, said: str, threads: int
) -> None:
    opened: list[int] = []

    def seen(path: Path, options: Any) -> None:
        opened.append(options.threads)

    monkeypatch.setattr(whisper, "WhisperRecogniser", seen)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    models.open_recogniser(str(whole_model))
    assert opened == [threads]
