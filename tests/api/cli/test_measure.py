"""`qa-engine models measure`: how a model's windows are chosen and kept."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import models
from api.cli.app import app
from models import calibration, window_policy
from models.calibration import ConfidenceCalibration
from models.measuring import CANDIDATES, MeasuredRow, best
from models.window_policy import FILE_NAME, WindowPolicy
from tests.models import tiny_whisper

SHIPPED = Path(models.__file__).parent / "nano_ctc_zh" / "online"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper.build(tmp_path_factory.mktemp("measure") / "tiny")


def sentences(folder: Path) -> Path:
    folder.mkdir()
    for number in range(3):
        samples = np.random.default_rng(number).normal(0, 3_000, 16_000).astype(np.int16)
        with wave.open(str(folder / f"{number}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(16_000)
            file.writeframes(samples.tobytes())
    lines = "".join(f"{number}\t您好谢谢\n" for number in range(3))
    (folder / "transcripts.tsv").write_text(lines, "utf-8")
    return folder


def test_the_cheapest_of_the_equally_good_is_chosen() -> None:
    padded, packed, short = CANDIDATES[0], CANDIDATES[2], CANDIDATES[3]
    rows = [
        MeasuredRow(padded, 0.080, 0.3),
        MeasuredRow(packed, 0.084, 0.05),
        MeasuredRow(short, 0.200, 0.03),
    ]
    assert best(rows).policy == packed


def test_what_was_measured_is_kept_beside_the_weights(model: Path, tmp_path: Path) -> None:
    folder = sentences(tmp_path / "speech")
    done = CliRunner().invoke(app, ["models", "measure", str(model), "--speech", str(folder)])
    assert done.exit_code == 0, done.output
    assert done.output.count("of syllables wrong") == len(CANDIDATES)
    assert window_policy.read(model, 32) in CANDIDATES
    assert "of syllables right" in done.output
    assert calibration.read(model) != ConfidenceCalibration()
    (model / FILE_NAME).unlink()
    (model / calibration.FILE_NAME).unlink()


@pytest.mark.model
def test_a_sherpa_model_is_measured_as_well(tmp_path: Path) -> None:
    pytest.importorskip("sherpa_onnx")
    copy = tmp_path / "online"
    shutil.copytree(Path(models.__file__).parent / "nano_ctc_zh" / "online", copy)
    done = CliRunner().invoke(app, ["models", "measure", str(copy)])
    assert done.exit_code == 0, done.output
    found = calibration.read(copy)
    assert found.least is None or found.least > 0.3
    assert found.share(1.0) > found.share(0.9) > found.share(0.5) > 0.3
    measured, as_it_is = (models.open_recogniser(str(d), threads=1) for d in (copy, SHIPPED))
    assert measured.version.startswith(as_it_is.version)
    assert "+confidence-" in measured.version


@pytest.mark.parametrize("listed", [None, "0 no tab\n", "9\t您好\n"])
def test_speech_that_cannot_be_used_is_told_and_nothing_is_kept(
    model: Path, tmp_path: Path, listed: str | None
) -> None:
    folder = sentences(tmp_path / "speech")
    if listed is None:
        (folder / "transcripts.tsv").unlink()
    else:
        (folder / "transcripts.tsv").write_text(listed, "utf-8")
    done = CliRunner().invoke(app, ["models", "measure", str(model), "--speech", str(folder)])
    assert done.exit_code != 0
    assert window_policy.read(model, 32) == WindowPolicy()
