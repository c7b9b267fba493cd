"""What several calls play alike is learned as a recording, and nothing that people say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.line.learning import SoundOfCall, learned, sound_of_call
from tests.qa_engine.line.test_repeats import pause, sentence


def call(name: str, *pieces: Samples, seed: int = 0) -> SoundOfCall:
    sound = np.concatenate(pieces)
    sound = sound + np.random.default_rng(seed).normal(0, 1e-3, len(sound)).astype(np.float32)
    return sound_of_call(
        name, [sound[None, at : at + 16_000] for at in range(0, len(sound), 16_000)]
    )


def site(menu_in: int = 4, calls: int = 6) -> list[SoundOfCall]:
    """Each call's people are its own; the menu (seed 1) plays in the first of them."""
    made = []
    for number in range(calls):
        people = [sentence(100 + 10 * number + one, 4) for one in range(3)]
        menu = [pause(0.3 + 0.11 * number), sentence(1, 7)] if number < menu_in else []
        made.append(call(f"c{number}", *menu, pause(1), *people, seed=number))
    return made


def test_what_plays_in_several_calls_is_learned_once() -> None:
    (menu,) = learned(site())
    assert menu.calls == 4
    assert 5_500 <= menu.length_ms <= 7_500
    assert menu.example.startswith("c0 00:0")


def test_what_people_say_is_nobodys_recording() -> None:
    assert learned(site(menu_in=0)) == []


def test_what_only_two_calls_share_may_be_one_call_twice() -> None:
    assert learned(site(menu_in=2)) == []


def test_what_is_known_is_counted_and_not_learned_again() -> None:
    (menu,) = learned(site())
    (again,) = learned(site(menu_in=5), [replace(menu, calls=99)])
    assert (again.id, again.calls) == (menu.id, 5)


def test_what_somebody_refused_is_not_learned_again() -> None:
    (menu,) = learned(site())
    (still,) = learned(site(), [replace(menu, refused=True)])
    assert still.refused


def test_tones_and_music_are_no_recorded_voice() -> None:
    t = np.arange(6 * SAMPLE_RATE) / SAMPLE_RATE
    ring = np.asarray(0.2 * np.sin(2 * np.pi * 450 * t) * (t % 5 < 1), np.float32)
    calls = [call(f"c{n}", ring, sentence(50 + n, 5), seed=n) for n in range(5)]
    assert learned(calls) == []
