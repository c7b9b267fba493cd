from __future__ import annotations

from pathlib import Path

import pytest

from models import window_policy
from models.errors import CorruptModel
from models.window_policy import FILE_NAME, MEASURED, WHOLE_MS, WindowPolicy

BASE_WIDTH = 512


def test_a_model_nobody_measured_is_padded_as_it_was_trained(tmp_path: Path) -> None:
    assert window_policy.read(tmp_path, 77).shown_ms(1_000) == WHOLE_MS


def test_a_published_size_hears_windows_as_it_was_measured(tmp_path: Path) -> None:
    policy = window_policy.read(tmp_path, BASE_WIDTH)
    assert policy == MEASURED[BASE_WIDTH]
    assert policy.shown_ms(1_000) == 15_000
    assert policy.shown_ms(14_000) == 16_000
    assert policy.shown_ms(29_500) == WHOLE_MS


def test_what_was_measured_here_stands_before_the_published_size(tmp_path: Path) -> None:
    mine = WindowPolicy(least_ms=8_000, after_ms=3_000, pack_ms=5_000)
    window_policy.write(tmp_path, mine)
    assert window_policy.read(tmp_path, BASE_WIDTH) == mine


@pytest.mark.parametrize("content", ["", "[]", '{"least_ms": 1}', '{"least_ms": "x"}'])
def test_a_policy_that_cannot_be_read_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE_NAME).write_text(content)
    with pytest.raises(CorruptModel, match="window policy"):
        window_policy.read(tmp_path, BASE_WIDTH)
