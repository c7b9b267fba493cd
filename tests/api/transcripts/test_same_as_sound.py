"""A call comes to the same whether its sound is analysed or the words that were heard in it."""

from __future__ import annotations

from benchmarks.sound_and_text import measured


def test_the_words_of_a_call_come_to_the_hits_and_steps_of_its_sound() -> None:
    told = measured(1, None)

    assert told["hits"] > 0
    assert (told["same_hits"], told["same_steps"]) == (1, 1)
