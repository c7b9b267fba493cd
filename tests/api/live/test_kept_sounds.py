"""The sound of a call on disk is as long as what was sent, however it was cut and whoever died."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from api.live.kept_sounds import KeptSession, KeptSounds
from models.recogniser import SAMPLE_RATE

SECONDS = 7
"""Long enough for a thousandth of it to be seen in milliseconds."""


def silence(samples: int, channels: int = 2) -> np.ndarray:
    return np.zeros((channels, samples), np.float32)


def session(folder: Path, channels: int = 2) -> KeptSession:
    return KeptSounds(folder).session("c", channels)


@pytest.mark.parametrize("piece", [320, 333, 16_000])
def test_its_length_is_that_of_all_its_pieces(tmp_path: Path, piece: int) -> None:
    kept, left = session(tmp_path), SECONDS * SAMPLE_RATE
    while left:
        took = min(piece, left)
        assert kept.hear(silence(took)) == []
        left -= took

    assert kept.known_ms == (SECONDS * 1_000, SECONDS * 1_000)
    assert [(a.fed_ms, a.pending_ms) for a in kept.accounts] == [(SECONDS * 1_000,) * 2] * 2
    assert KeptSounds(tmp_path).length_ms("c", 2) == SECONDS * 1_000


def test_half_a_sample_that_a_killed_server_left_is_cut_off_and_the_call_goes_on(
    tmp_path: Path,
) -> None:
    session(tmp_path).hear(silence(SAMPLE_RATE))
    path = KeptSounds(tmp_path).path("c")
    with path.open("ab") as file:
        file.write(b"\x01\x02\x03")

    again = session(tmp_path)
    assert again.known_ms == (1_000, 1_000)
    again.hear(silence(SAMPLE_RATE // 2))

    assert again.known_ms == (1_500, 1_500)
    assert path.stat().st_size == 1.5 * SAMPLE_RATE * 2 * 2


def test_what_is_louder_than_full_scale_is_kept_at_full_scale(tmp_path: Path) -> None:
    loud = np.array([[0.5, 2.0, -2.0], [0.0, -1.0, 1.0]], np.float32)

    session(tmp_path).hear(loud)

    kept = np.frombuffer(KeptSounds(tmp_path).path("c").read_bytes(), "<i2")
    assert kept.tolist() == [16_384, 0, 32_767, -32_767, -32_767, 32_767]


def test_a_disk_that_is_nearly_full_or_a_site_that_wants_none_keeps_none(tmp_path: Path) -> None:
    assert KeptSounds(tmp_path / "not" / "there").refusal() is None
    assert KeptSounds(tmp_path, allowed=False).refusal() == "hear_later is off"
    full = KeptSounds(tmp_path, free_gb=10_000_000.0).refusal()
    assert full is not None
    assert "hear_later_free_gb is 1e+07" in full
