"""How late a prompt was, told from the arrival of the sound."""

from __future__ import annotations

from api.live.prompt_latency import PromptLatency


def test_a_lag_runs_from_the_frame_that_held_the_last_syllable() -> None:
    meter = PromptLatency()
    told: list[int] = []
    meter.tell = told.append
    for at_ms in (100, 200, 300):
        meter.arrived(at_ms, 50.0 + at_ms / 1_000)
    meter.shown(150, 50.45)
    assert told == [250]


def test_a_prompt_about_what_has_not_arrived_is_not_early() -> None:
    meter = PromptLatency()
    meter.arrived(100, 50.1)
    meter.shown(900, 50.2)
    summary = meter.summary()
    assert summary is not None
    assert (summary.count, summary.p50_ms) == (1, 0)


def test_before_the_first_prompt_there_is_nothing_to_tell() -> None:
    assert PromptLatency().summary() is None


def test_a_moment_is_as_old_as_its_frame() -> None:
    meter = PromptLatency()
    for at_ms in (100, 200, 300):
        meter.arrived(at_ms, 50.0 + at_ms / 1_000)
    assert meter.age_ms(150, 55.2) == 5_000
    assert meter.age_ms(900, 55.2) == 0


def test_of_a_hundred_lags_the_middle_one_and_the_slow_ones_are_told() -> None:
    meter = PromptLatency()
    meter.arrived(1_000, 0.0)
    for lag_ms in range(100, 0, -1):
        meter.shown(1_000, lag_ms / 1_000)

    summary = meter.summary()
    assert summary is not None
    assert (summary.count, summary.p50_ms, summary.p95_ms) == (100, 50, 95)
