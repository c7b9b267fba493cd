from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_engine.audio.peaks import PeakMeter, Peaks

SOUND = np.random.default_rng(0).uniform(-1, 1, (2, 16_000)).astype(np.float32)


def measured(cuts: list[int]) -> Peaks:
    meter = PeakMeter(channels=2)
    for part in np.split(SOUND, sorted(cuts), axis=1):
        meter.feed(part)
    return meter.close()


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(0, 16_000), max_size=10))
def test_any_chunking_gives_the_same_waveform(cuts: list[int]) -> None:
    one, other = measured(cuts), measured([])
    assert np.array_equal(one.low, other.low)
    assert np.array_equal(one.high, other.high)


def test_a_bucket_holds_the_lowest_and_the_highest_sample() -> None:
    peaks = measured([])
    assert peaks.low.shape == (2, 20)
    assert peaks.low[0, 3] == np.rint(SOUND[0, 2_400:3_200].min() * 127)
    assert peaks.high[1, 0] == np.rint(SOUND[1, :800].max() * 127)


def test_a_begun_bucket_at_the_end_counts() -> None:
    meter = PeakMeter(channels=1)
    meter.feed(np.full((1, 900), 0.5, np.float32))
    assert meter.close().high.tolist() == [[64, 64]]


def test_louder_than_full_scale_is_clipped() -> None:
    meter = PeakMeter(channels=1)
    meter.feed(np.full((1, 800), 3.0, np.float32))
    assert meter.close().high.tolist() == [[127]]


def test_a_coarser_waveform_keeps_the_extremes() -> None:
    fine = measured([])
    coarse = fine.coarser(7)
    assert coarse.low.shape == (2, 7)
    assert coarse.bucket_ms == 150
    assert coarse.low.min() == fine.low.min()
    assert fine.coarser(1_000).bucket_ms == 50


def test_nothing_has_no_buckets() -> None:
    assert PeakMeter(channels=2).close().low.shape == (2, 0)
