"""Two mono legs become one stereo call, whatever order their pieces come in."""

from __future__ import annotations

import random

import numpy as np
import pytest

from api.doors.timeline import SoundBlock, Timeline
from api.live.wire_audio import Encoding, WireFormat

MULAW = WireFormat(encoding=Encoding.MULAW, sample_rate=8_000)
FRAME = 160


def piece(leg: int, number: int) -> bytes:
    return bytes([1 + (number + 100 * leg) % 200]) * FRAME


def both(number: int) -> list[tuple[int, int, bytes]]:
    return [(leg, number * 20, piece(leg, number)) for leg in (0, 1)]


def played(pieces: list[tuple[int, int, bytes]], patience_ms: int = 400) -> list[SoundBlock]:
    line = Timeline(MULAW, patience_ms=patience_ms)
    blocks: list[SoundBlock] = []
    for leg, at_ms, data in pieces:
        line.put(leg, at_ms, data)
        blocks += line.take()
    return [*blocks, *line.close()]


def joined(blocks: list[SoundBlock]) -> np.ndarray:
    return np.frombuffer(b"".join(block.data for block in blocks), np.uint8).reshape(-1, 2)


def missing(blocks: list[SoundBlock]) -> tuple[int, ...]:
    return tuple(np.sum([block.missing_ms for block in blocks], axis=0).tolist())


WHOLE = joined(played([one for number in range(100) for one in both(number)]))


def test_each_leg_is_its_channel() -> None:
    assert WHOLE.shape == (100 * FRAME, 2)
    assert WHOLE[:, 0].tobytes() == b"".join(piece(0, number) for number in range(100))
    assert WHOLE[:, 1].tobytes() == b"".join(piece(1, number) for number in range(100))


@pytest.mark.parametrize("seed", range(5))
def test_order_and_doubles_make_no_difference(seed: int) -> None:
    pieces = [one for number in range(100) for one in both(number)]
    chance = random.Random(seed)
    late = sorted(range(len(pieces)), key=lambda at: at + chance.uniform(0, 16))
    shuffled = [pieces[at] for at in late]
    shuffled += []
    for at in chance.sample(range(len(pieces)), 20):
        shuffled.insert(min(late.index(at) + 4, len(shuffled)), pieces[at])
    blocks = played(shuffled)
    assert np.array_equal(joined(blocks), WHOLE)
    assert missing(blocks) == (0, 0)


def test_what_one_leg_never_sent_is_silence_and_told() -> None:
    pieces = [one for number in range(100) for one in both(number) if one[0] or number < 50]
    blocks = played(pieces)
    assert missing(blocks) == (1_000, 0)
    assert (joined(blocks)[50 * FRAME :, 0] == 0xFF).all()
    assert np.array_equal(joined(blocks)[:, 1], WHOLE[:, 1])


def test_a_leg_that_is_gone_holds_the_other_up_for_its_patience_only() -> None:
    line = Timeline(MULAW, patience_ms=400)
    for number in range(100):
        line.put(1, number * 20, piece(1, number))
    list(line.take())
    assert line.told_ms == 1_600


def test_what_comes_after_its_moment_is_left_out_and_counted() -> None:
    line = Timeline(MULAW, patience_ms=100)
    for number in range(20):
        line.put(1, number * 20, piece(1, number))
    first = list(line.take())
    line.put(0, 0, piece(0, 0) * 20)
    rest = [*line.take(), *line.close()]
    assert line.late_ms == 300
    assert missing([*first, *rest]) == (300, 0)


def test_stamps_that_are_rounded_leave_no_cracks() -> None:
    pieces = [
        (leg, round(number * 20 + 7), piece(leg, number)) for number in range(50) for leg in (0, 1)
    ]
    drifting = [(leg, at + number % 3, data) for number, (leg, at, data) in enumerate(pieces)]
    assert missing(played(drifting)) == (0, 0)


def test_the_clock_passes_where_nobody_speaks() -> None:
    line = Timeline(MULAW)
    assert missing(list(line.skip_to(2_500))) == (2_500, 2_500)
    assert line.told_ms == 2_500
