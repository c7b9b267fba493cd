"""How late sound is that was sent while its feeder was not read."""

from __future__ import annotations

from api.live.backlog import Backlog


def test_a_feeder_that_is_always_read_has_none() -> None:
    backlog = Backlog()
    assert [backlog.took(0.2, now_s) for now_s in (1.0, 1.2, 1.4, 9.0, 9.2)] == [0.0] * 5


def test_what_comes_after_it_was_held_back_is_as_late_as_that_lasted() -> None:
    backlog = Backlog()
    backlog.took(0.2, 1.0)
    backlog.held(5.0)
    assert backlog.took(0.2, 6.2) == 5.0


def test_sound_that_comes_faster_than_time_passes_makes_it_good() -> None:
    backlog = Backlog()
    backlog.took(0.2, 1.0)
    backlog.held(1.0)
    assert round(backlog.took(0.5, 2.1), 3) == 0.6
    assert round(backlog.took(0.5, 2.2), 3) == 0.2
    assert backlog.took(0.5, 2.3) == 0.0
    assert backlog.took(0.5, 2.8) == 0.0


def test_a_pause_of_the_feeder_is_not_lateness() -> None:
    backlog = Backlog()
    backlog.took(0.2, 1.0)
    assert backlog.took(0.2, 60.0) == 0.0
