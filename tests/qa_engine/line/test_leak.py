"""What leaks from one side into the other's channel is found, and taken out."""

from __future__ import annotations

import numpy as np
import pytest

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.line.leak import LEAKED_FROM, UNCERTAIN_FROM, Leaks

SECONDS = 24
TURN_S = 3


def voice(seed: int) -> Samples:
    """Band-limited noise in bursts: as broad as speech, and like no other."""
    random = np.random.default_rng(seed)
    samples = random.standard_normal(SECONDS * SAMPLE_RATE)
    spectrum = np.fft.rfft(samples)
    hz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)
    spectrum[(hz < 250) | (hz > 3_400)] = 0
    t = np.arange(len(samples)) / SAMPLE_RATE
    return np.asarray(0.3 * np.fft.irfft(spectrum, len(samples)) * (t % 0.4 < 0.3), np.float32)


def dialogue() -> Samples:
    """Two who take turns of three seconds."""
    t = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    first = t % (2 * TURN_S) < TURN_S
    return np.stack([voice(1) * first, voice(2) * ~first]).astype(np.float32)


def leaky(level_db: float, delay_ms: float, noise: float = 1e-4) -> Samples:
    clean = dialogue()
    delay = round(delay_ms * SAMPLE_RATE / 1000)
    found = clean.copy()
    for source, target in ((0, 1), (1, 0)):
        found[target, delay:] += 10 ** (level_db / 20) * clean[source, : clean.shape[1] - delay]
    return found + np.random.default_rng(3).normal(0, noise, found.shape).astype(np.float32)


def frames(sound: Samples) -> Samples:
    return sound[:, : sound.shape[1] // 512 * 512].reshape(2, -1, 512)


@pytest.mark.parametrize("delay_ms", [0, 5.3, 30])
@pytest.mark.parametrize("level_db", [-6, -12, -20, -40])
def test_a_leak_is_known_by_its_level_and_delay(level_db: float, delay_ms: float) -> None:
    leaks = Leaks(2)
    leaks.feed(frames(leaky(level_db, delay_ms)))
    assert {(leak.source, leak.channel) for leak in leaks.found()} == {(0, 1), (1, 0)}
    for leak in leaks.found():
        assert leak.level_db == pytest.approx(level_db, abs=1)
        assert leak.delay_ms == pytest.approx(delay_ms, abs=0.2)


def test_two_who_only_talk_to_each_other_do_not_leak() -> None:
    sound = frames(dialogue())
    leaks = Leaks(2)
    assert np.array_equal(leaks.feed(sound), sound)
    assert leaks.found() == []


@pytest.mark.parametrize("delay_ms", [0, 12.5])
def test_what_leaked_is_taken_out(delay_ms: float) -> None:
    left = Leaks(2).feed(frames(leaky(-12, delay_ms))).reshape(2, -1)
    spoken = dialogue()[:, : left.shape[1]]
    # Of the second half, when the leak is known, where only the other side speaks.
    late = slice(left.shape[1] // 2, None)
    alone = (np.abs(spoken[0, late]) > 0) & (spoken[1, late] == 0)
    before = leaky(-12, delay_ms)[1, : left.shape[1]][late][alone]
    assert np.mean(left[1, late][alone] ** 2) < 0.1 * np.mean(before**2)


def test_nothing_is_left_of_a_leak_that_could_be_taken_for_speech() -> None:
    left = Leaks(2).feed(frames(leaky(-12, 12.5))).reshape(2, -1)
    spoken = dialogue()[:, : left.shape[1]]
    late = slice(left.shape[1] // 2, None)
    alone = (np.abs(spoken[0, late]) > 0) & (spoken[1, late] == 0)
    assert np.mean(left[1, late][alone] ** 2) < 1e-3 * np.mean(
        leaky(-12, 12.5)[1][: left.shape[1]][late][alone] ** 2
    )


def test_who_speaks_while_the_other_side_leaks_is_heard_in_full() -> None:
    own = 0.5 * np.roll(voice(5), 3_000)
    both = leaky(-12, 12.5)
    both[1, -4 * SAMPLE_RATE :] += own[-4 * SAMPLE_RATE :]
    left = Leaks(2).feed(frames(both)).reshape(2, -1)
    there = slice(-4 * SAMPLE_RATE, -SAMPLE_RATE)
    spoken = (own + dialogue()[1])[: left.shape[1]][there]
    assert np.mean((left[1, there] - spoken) ** 2) < 0.05 * np.mean(spoken**2)


@pytest.mark.parametrize("level_db", [-12, -20, -30])
def test_a_turn_of_leak_alone_is_the_other_sides(level_db: float) -> None:
    leaks = Leaks(2)
    leaks.feed(frames(leaky(level_db, 4)))
    heard_ms = SECONDS * 1000
    assert leaks.share(1, 12_100, 14_900, heard_ms) >= LEAKED_FROM
    assert leaks.share(0, 12_100, 14_900, heard_ms) < UNCERTAIN_FROM


def test_what_is_known_at_a_time_does_not_depend_on_what_came_later() -> None:
    sound = frames(leaky(-20, 4))
    whole, parts = Leaks(2), Leaks(2)
    whole.feed(sound)
    parts.feed(sound[:, :312])
    heard_ms = 312 * 32
    assert parts.share(1, 6_500, 8_500, heard_ms) == whole.share(1, 6_500, 8_500, heard_ms)


def test_one_channel_has_nothing_to_leak_from() -> None:
    sound = np.ones((1, 4, 512), np.float32)
    assert np.array_equal(Leaks(1).feed(sound), sound)
    assert Leaks(1).found() == []
