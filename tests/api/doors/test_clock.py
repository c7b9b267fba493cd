"""Sound without time stamps is placed by the moments at which it arrives."""

from __future__ import annotations

from api.doors.clock import ArrivalClock, ClockedSound

FRAME_MS = 20
FRAME = b"\1\2" * 160


def clock(patience_s: float | None = None) -> ArrivalClock:
    return ArrivalClock(16_000, patience_s=patience_s)


def sent(one: ArrivalClock, arrivals_s: list[float]) -> list[ClockedSound]:
    return [piece for at_s in arrivals_s for piece in one.push(FRAME, at_s)]


def steady(begin_s: float, frames: int) -> list[float]:
    return [begin_s + FRAME_MS / 1_000 * number for number in range(frames)]


def missing(pieces: list[ClockedSound]) -> int:
    return sum(piece.missing_ms for piece in pieces)


def heard(pieces: list[ClockedSound]) -> int:
    return sum(len(piece.data) for piece in pieces)


def test_a_steady_stream_is_placed_end_to_end_at_once() -> None:
    pieces = sent(clock(), steady(100.0, 50))
    assert len(pieces) == 50
    assert missing(pieces) == 0


def test_a_paused_stream_has_a_hole_as_long_as_the_pause() -> None:
    one = clock()
    sent(one, steady(0.0, 50))
    after = sent(one, steady(8.0, 60))
    assert abs(missing(after) - 7_000) <= FRAME_MS
    assert after[0].missing_ms > 0, "the hole comes before what follows it"
    assert heard(after) == 60 * len(FRAME), "nothing of what was held is lost"


def test_a_stalled_network_that_brings_all_it_owes_leaves_no_hole() -> None:
    one = clock()
    sent(one, steady(0.0, 50))
    owed = 5 * 50
    burst = [6.0 + 0.0005 * number for number in range(owed)]
    after = sent(one, burst + steady(6.2, 60))
    assert missing(after) == 0
    assert heard(after) == (owed + 60) * len(FRAME)


def test_a_clock_that_drifts_makes_no_hole() -> None:
    slow = [number * 0.02001 for number in range(60_000)]
    assert missing(sent(clock(), slow)) == 0


def test_a_hole_of_a_line_without_comfort_noise_is_told_while_it_lasts() -> None:
    one = clock(patience_s=2.0)
    sent(one, steady(0.0, 50))
    assert list(one.poll(2.5)) == []
    (piece,) = one.poll(3.1)
    assert 2_000 <= piece.missing_ms <= 2_150
    assert piece.data == b""
    after = [*one.poll(5.2), *sent(one, steady(5.5, 60))]
    assert abs(missing(after) + piece.missing_ms - 4_500) <= 2 * FRAME_MS


def test_what_was_held_is_told_when_the_stream_ends() -> None:
    one = clock()
    sent(one, steady(0.0, 50))
    assert sent(one, [5.0]) == []
    (last,) = one.close(5.1)
    assert last.data == FRAME
    assert last.missing_ms > 3_900


def test_a_file_played_faster_than_it_was_spoken_has_no_holes() -> None:
    one = clock()
    fast = [number * 0.001 for number in range(500)]
    pieces = [*sent(one, fast), *sent(one, [3.0, 3.001]), *one.close(3.1)]
    assert missing(pieces) == 0
    assert heard(pieces) == 502 * len(FRAME)
