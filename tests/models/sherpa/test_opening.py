"""What keeps a model from being opened is one sentence, and never the end of the process."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import models
from models.errors import MissingPackage, UnusableModel
from models.sherpa import opening
from tests.models.sherpa.onnx_files import write


@pytest.fixture
def hollow(tmp_path: Path) -> Path:
    """It looks like a Paraformer; there is nothing in it."""
    write(tmp_path / "model.onnx", {"model_type": "paraformer"})
    (tmp_path / "tokens.txt").write_text("<blank> 0\n</s> 1\n", "utf-8")
    return tmp_path


def test_a_model_that_ends_whoever_opens_it_is_refused_in_one_sentence(hollow: Path) -> None:
    pytest.importorskip("sherpa_onnx")
    with pytest.raises(UnusableModel) as raised:
        models.open_recogniser(str(hollow))
    said = str(raised.value)
    assert "files that sherpa-onnx can open" in said
    assert "\n" not in said
    assert len(said) < 400


def test_without_the_extra_it_is_told_what_to_install(
    hollow: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *more: None if name == opening.PACKAGE else found(name, *more),
    )
    with pytest.raises(MissingPackage, match=r"pip install 'qa-engine\[sherpa\]'"):
        models.open_recogniser(str(hollow))
