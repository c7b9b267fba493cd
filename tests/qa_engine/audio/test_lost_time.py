"""How much sound is missing before a frame, by the witnesses that each format has."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from types import SimpleNamespace

import pytest

from qa_engine.audio.lost_time import LostTime

RATE = 16_000
FRAME = 320


def heard(lost: LostTime, at: Sequence[int]) -> list[int]:
    """Samples missing before frames of 20 ms that begin `at` these; a pause counts below 0."""
    missing = []
    for pts in at:
        frame = SimpleNamespace(pts=pts, time_base=Fraction(1, RATE), samples=FRAME)
        silence = lost.before(frame)
        missing.append(silence.samples if silence.is_lost else -silence.samples)
        lost.decoded(FRAME)
    return missing


@pytest.mark.parametrize(
    ("container", "codec", "jump_ms", "missing_ms"),
    [
        pytest.param("flac", "flac", 100, 100, id="a gap"),
        pytest.param("mov,mp4,m4a", "aac", 10, 0, id="no more than rounding"),
        pytest.param("ogg", "opus", 400, -400, id="a pause in which Opus sends nothing"),
        pytest.param("ogg", "opus", 1_000, 1_000, id="a page of Opus that is lost"),
        pytest.param("matroska,webm", "opus", 400, -400, id="a pause of a browser's recorder"),
        pytest.param("asf", "wmav2", 1_000, 0, id="a container whose stamps are not exact"),
        pytest.param("flac", "flac", 3_600_000, 0, id="a stamp gone wrong"),
    ],
)
def test_a_stamp_that_runs_ahead_tells_what_is_lost(
    container: str, codec: str, jump_ms: int, missing_ms: int
) -> None:
    lost, jump = LostTime(container, codec, RATE), jump_ms * RATE // 1_000
    assert heard(lost, [0, 320, 640 + jump, 960 + jump]) == [0, 0, missing_ms * 16, 0]


def test_pauses_do_not_add_up_to_a_loss() -> None:
    at = [number * (FRAME + 6_400) for number in range(5)]
    assert heard(LostTime("ogg", "opus", RATE), at) == [0, -6_400, -6_400, -6_400, -6_400]


def test_a_recording_that_does_not_begin_at_zero_lacks_nothing() -> None:
    assert heard(LostTime("flac", "flac", RATE), [9_000, 9_320]) == [0, 0]


@pytest.mark.parametrize(
    ("sizes", "missing"),
    [
        pytest.param([108] * 60 + [108 * 11], 10, id="spoiled frames of a constant rate"),
        pytest.param([108, 109] * 30 + [108], 0, id="padding"),
        pytest.param([40, 700] * 30 + [900], 0, id="a loud frame of a variable rate"),
        pytest.param([300, 340] * 30 + [320 * 21], 20, id="more than any frame can hold"),
    ],
)
def test_a_packet_of_mp3_that_is_too_large_holds_what_is_lost(
    sizes: list[int], missing: int
) -> None:
    lost = LostTime("mp3", "mp3", RATE)
    told = 0
    for size in sizes:
        lost.packet(size)
        told += heard(lost, [0])[0]
    assert told == missing * FRAME


def test_a_packet_that_cannot_be_decoded_stands_for_the_sound_it_says() -> None:
    lost = LostTime("wav", "pcm_s16le", RATE)
    heard(lost, [0])
    lost.undecoded(SimpleNamespace(duration=640, time_base=Fraction(1, RATE)))
    lost.undecoded(SimpleNamespace(duration=None, time_base=None))
    assert heard(lost, [320]) == [640 + FRAME]
    lost.undecoded(SimpleNamespace(duration=640, time_base=Fraction(1, RATE)))
    assert lost.behind() == (640, True)
