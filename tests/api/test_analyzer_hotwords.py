"""Words to expect reach the recogniser, and a model that takes none says so."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from api.analyzer import Analyzer
from api.batch.worker import Job, open_analyzer
from tests.models import tiny_whisper


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.build(tmp_path_factory.mktemp("hotwords") / "tiny")


def test_words_to_expect_reach_the_recogniser_of_a_batch_and_tell_its_results_apart(
    model: Path,
) -> None:
    plain, expecting = (
        open_analyzer(Job(store="", model=str(model), hotwords=words)).versions
        for words in ("", "尊享计划")
    )
    assert plain != expecting


def test_a_model_that_takes_no_hotwords_says_that_they_change_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        Analyzer(model="nano_zh", hotwords="尊享计划")
    assert "takes no hotwords" in caplog.text
