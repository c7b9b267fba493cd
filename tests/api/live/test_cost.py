"""What recognition costs here, and what follows from it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from api.live.cost import DecodeCost, measured
from models.recogniser import Samples, Transcript


class Sleeping:
    name, version, synthetic, max_window_ms, takes_hotwords = "sleeping", "0", True, 30_000, False

    def __init__(self, *seconds: float) -> None:
        self._seconds = list(seconds)

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        time.sleep(self._seconds.pop(0))
        return [Transcript(text="", confidence=0.0) for _ in windows]


def test_the_first_window_warms_up_and_does_not_count() -> None:
    assert 0.0 < measured(Sleeping(0.3, 0.001)).final_s < 0.3


def test_a_recogniser_that_nobody_measured_is_not_slow() -> None:
    assert not DecodeCost().slow
    assert DecodeCost().live_calls is None


@pytest.mark.parametrize(("final_s", "calls"), [(0.02, None), (0.3, 7), (0.7, 3), (1.5, 1), (9, 1)])
def test_the_slower_it_is_the_fewer_calls_are_heard_live(final_s: float, calls: int | None) -> None:
    assert DecodeCost(final_s).live_calls == calls


def test_the_cost_follows_what_windows_really_take() -> None:
    cost = DecodeCost(0.1)
    for _ in range(30):
        cost.took(final=True, size=2, seconds=1.6)
    assert cost.final_s == pytest.approx(0.8, abs=0.01)
    assert cost.slow
