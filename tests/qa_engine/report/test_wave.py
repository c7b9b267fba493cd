from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from qa_engine.anatomy import Stretch, StretchKind
from qa_engine.audio.peaks import PeakMeter, Peaks
from qa_engine.report.wave import MOST_BUCKETS, draw, mark
from tests.qa_engine.report.sample import sample_report, sound

REPORT = sample_report()


def peaks(samples: np.ndarray) -> Peaks:
    meter = PeakMeter(channels=len(samples))
    meter.feed(samples)
    return meter.close()


def test_two_channels_are_two_outlines() -> None:
    wave = draw(REPORT, peaks(sound()))
    assert len(wave.paths) == 2
    assert wave.buckets <= MOST_BUCKETS


def test_outlines_stay_inside_their_lane_and_use_it() -> None:
    for path in draw(REPORT, peaks(sound())).paths:
        heights = [float(y) for y in re.findall(r"\d+ (\d+)", path)]
        assert min(heights) < 10
        assert max(heights) > 90
        assert all(0 <= height <= 100 for height in heights)


def test_silence_is_a_thin_line() -> None:
    wave = draw(REPORT, peaks(np.zeros((1, 16_000), np.float32)))
    assert {float(y) for y in re.findall(r"\d+ (\d+)", wave.paths[0])} <= {49, 50, 51}


def test_without_sound_the_outline_shows_who_spoke_when() -> None:
    wave = draw(REPORT, None)
    assert len(wave.paths) == 2
    assert wave.paths[0] != wave.paths[1]


def test_ticks_are_few_and_begin_at_nought() -> None:
    ticks = draw(REPORT, None).ticks
    assert ticks[0] == (0.0, 0)
    assert 5 <= len(ticks) <= 11


@pytest.mark.parametrize(("begin", "end", "left", "width"), [(0, 50, 0, 50), (25, 25, 25, 0)])
def test_marks_are_percent_of_the_call(begin: int, end: int, left: float, width: float) -> None:
    placed = mark("flag", begin, end, 100)
    assert (placed.left, placed.width) == (left, width)


def test_an_empty_call_can_be_drawn() -> None:
    assert mark("flag", 0, 0, 0).left == 0


def test_what_is_neither_sides_voice_stands_on_its_own_lane() -> None:
    ring = Stretch(kind=StretchKind.RING, channel=1, begin_ms=0, end_ms=5_000)
    lost = Stretch(kind=StretchKind.MISSING, begin_ms=6_000, end_ms=7_000)
    said = Stretch(kind=StretchKind.AGENT, channel=0, begin_ms=8_000, end_ms=9_000)
    drawn = draw(replace(REPORT, anatomy=(ring, lost, said)), None)
    assert [(part.kind, part.index, part.end_ms) for part in drawn.parts] == [
        ("ring", 1, 5_000),
        ("missing", -1, 7_000),
    ]
