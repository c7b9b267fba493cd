"""What these tests need: espeak-ng (asked for in CI), and jieba, part of the ``train`` extra."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("jieba", reason="jieba is not installed (pip install '.[train]')")

if TYPE_CHECKING:
    from models.training.espeak import Espeak


@pytest.fixture(scope="session")
def espeak() -> Espeak:
    """The synthesis engine; without it the test is skipped, but in CI it fails."""
    from models.training.espeak import EspeakMissing, engine

    try:
        return engine()
    except EspeakMissing as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
