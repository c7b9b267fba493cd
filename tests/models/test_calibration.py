"""A confidence is turned into the share of syllables that is right, as it was measured."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import calibration, trust
from models.calibration import FILE_NAME, ConfidenceCalibration, Measured, fitted
from models.errors import CorruptModel
from models.manifest import ModelManifest
from models.recogniser import Transcript, Word

GOOD = [Measured(0.9, 19, 20)] * 4
POOR = [Measured(0.4, 8, 20)] * 4


def test_the_same_confidence_of_two_models_comes_to_mean_the_same() -> None:
    high, low = (
        fitted([*GOOD, *POOR], []),
        fitted([Measured(0.3, 19, 20)] * 4 + [Measured(0.1, 8, 20)] * 4, []),
    )
    assert high.share(0.9) == pytest.approx(low.share(0.3)) == pytest.approx(0.95)
    assert high.share(0.4) == pytest.approx(low.share(0.1)) == pytest.approx(0.4)


@given(
    st.lists(
        st.tuples(st.floats(0.0, 1.0), st.integers(0, 20), st.integers(1, 20)),
        min_size=1,
        max_size=60,
    )
)
def test_shares_rise_with_the_confidence_and_stay_within_bounds(
    drawn: list[tuple[float, int, int]],
) -> None:
    found = fitted([Measured(c, min(right, of), of) for c, right, of in drawn], [])
    assert all(a[0] < b[0] for a, b in pairwise(found.points))
    shares = [found.share(c) for c in np.linspace(0, 1, 21)]
    assert all(0.0 <= share <= 1.0 for share in shares)
    assert all(a <= b + 1e-3 for a, b in pairwise(shares))


def test_what_was_said_backwards_tells_from_where_on_a_text_is_believed() -> None:
    backwards = [0.0] * 90 + [0.5] * 8 + [0.7, 0.9]
    assert fitted(GOOD, backwards).least == pytest.approx(0.51)
    assert fitted(GOOD, [0.3]).least == pytest.approx(0.31)
    assert fitted(GOOD, []).least is None
    assert fitted(GOOD, [0.0] * 99 + [0.8]).least is None


def test_it_is_kept_beside_the_model(tmp_path: Path) -> None:
    assert calibration.read(tmp_path) == ConfidenceCalibration()
    found = fitted([*GOOD, *POOR], [0.2] * 10)
    calibration.write(tmp_path, found)
    assert calibration.read(tmp_path) == found
    assert found.name.startswith("+confidence-")
    assert ConfidenceCalibration().name == ""


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '{"points": [[0, 1]]}',
        '{"points": [[1, 0], [0, 1]], "least": null}',
        '{"points": 3}',
    ],
)
def test_a_file_that_cannot_be_read_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text(content, "utf-8")
    with pytest.raises(CorruptModel, match="calibration"):
        calibration.read(tmp_path)


def test_a_transcript_and_its_words_are_told_as_shares() -> None:
    word = Word(text="您", begin_ms=0, end_ms=200, confidence=0.4)
    heard = Transcript(text="您", words=(word,), confidence=0.9)
    found = fitted([*GOOD, *POOR], []).applied(heard)
    assert found.confidence == pytest.approx(0.95)
    assert found.words[0].confidence == pytest.approx(0.4)
    assert ConfidenceCalibration().applied(heard) is heard


def test_what_was_measured_goes_before_what_is_known_of_the_size() -> None:
    base = trust.of(ModelManifest(), 512)
    assert trust.of(ModelManifest(), 512, 0.6) == trust.Trust(sentence=0.6, word=base.word)
    assert trust.of(ModelManifest(), 64, 0.6) == trust.Trust(sentence=0.6, word=0.6)


def test_the_file_is_readable_by_people(tmp_path: Path) -> None:
    calibration.write(tmp_path, fitted(GOOD, [0.2]))
    stated = json.loads((tmp_path / FILE_NAME).read_text("utf-8"))
    assert set(stated) == {"points", "least"}
