"""Windows of sound to stretches of one voice, with a network that hears only the pitch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.recogniser import Samples
from qa_engine.speakers.prints import VoicePrints, Voices


class ByPitch:
    """A tone of 200 Hz is one voice, of 400 Hz another, a mixture lies between."""

    name = "by pitch"

    def embed(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
        found = np.array([[self._at(w, 200), self._at(w, 400)] for w in windows], np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    def _at(self, window: Samples, hz: int) -> float:
        turn = np.exp(-2j * np.pi * hz * np.arange(len(window)) / 16_000)
        return float(np.abs(window @ turn)) / len(window)


def tone(hz: int, ms: int) -> Samples:
    return np.sin(2 * np.pi * hz * np.arange(ms * 16) / 16_000).astype(np.float32)


def listened(*utterances: Sequence[tuple[int, int]]) -> Voices:
    """Each utterance is (Hz, ms) stretches; they follow one another by half a second."""
    prints = VoicePrints(ByPitch())
    at_ms = 0
    for number, stretches in enumerate(utterances):
        sound = np.concatenate([tone(hz, ms) for hz, ms in stretches])
        prints.hear(number, at_ms, sound)
        at_ms += len(sound) // 16 + 500
    found = prints.voices()
    assert found is not None
    return found


def test_each_utterance_has_its_voice() -> None:
    found = listened(*([(hz, 2_500)] for hz in (200, 400, 200, 400, 200)))
    labels = [found.pieces[n][0].voice for n in range(5)]
    assert found.count == 2
    assert labels == [labels[0], labels[1]] * 2 + [labels[0]]
    assert all(len(pieces) == 1 and pieces[0].confidence == 1 for pieces in found.pieces.values())


@pytest.mark.parametrize("at_ms", [1_500, 2_200, 3_000])
def test_a_change_of_speaker_inside_an_utterance_is_found(at_ms: int) -> None:
    found = listened(
        [(200, 3_000)], [(400, 3_000)], [(200, at_ms), (400, 4_500 - at_ms)], [(200, 3_000)]
    )
    first, second = found.pieces[2]
    assert first.voice == found.pieces[0][0].voice
    assert second.voice == found.pieces[1][0].voice
    assert abs(first.end_ms - first.begin_ms - at_ms) <= 400


def test_a_mixture_of_both_is_nobody_s() -> None:
    prints = VoicePrints(ByPitch())
    for number in range(12):
        prints.hear(number, number * 4_000, tone((200, 400)[number % 2], 3_000))
    prints.hear(12, 60_000, (tone(200, 1_200) + tone(400, 1_200)) / np.float32(2))
    found = prints.voices()
    assert found is not None
    assert found.pieces[12][0].confidence < 0.5


def test_a_moment_is_nobody_s() -> None:
    prints = VoicePrints(ByPitch())
    for number, hz in enumerate((200, 400, 200, 400)):
        prints.hear(number, number * 4_000, tone(hz, 3_000))
    prints.hear(4, 20_000, tone(200, 100))
    found = prints.voices()
    assert found is not None
    assert found.pieces[4][0].confidence == 0


def test_one_voice_is_one() -> None:
    assert listened(*([(200, 2_500)] for _ in range(5))).count == 1


def test_two_sounds_that_change_with_every_breath_are_no_two_people() -> None:
    """Such as what a poor codec makes of one voice: nobody is known to have spoken."""

    class ByTurns:
        name = "by turns"

        def __init__(self) -> None:
            self._number = 0

        def embed(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
            rows = []
            for _ in windows:
                self._number += 1
                rows.append([1.0, 0.0] if self._number % 4 < 2 else [0.0, 1.0])
            return np.asarray(rows, np.float32)

    prints = VoicePrints(ByTurns())
    for number in range(12):
        prints.hear(number, number * 6_000, tone(200, 4_800))
    found = prints.voices()
    assert found is not None
    assert found.count == 1


def test_a_bad_second_does_not_make_a_voice_of_its_own() -> None:
    class WithBadSeconds(ByPitch):
        def embed(self, windows: Sequence[Samples]) -> NDArray[np.float32]:
            found = np.pad(super().embed(windows), ((0, 0), (0, 2)))
            found[:, 2] = 1.2
            found[1::3, 3] = 2.2
            return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)

    prints = VoicePrints(WithBadSeconds())
    for number in range(8):
        prints.hear(number, number * 6_000, tone((200, 400)[number % 2], 4_800))
    found = prints.voices()
    assert found is not None
    longest = {
        number: max(pieces, key=lambda piece: piece.end_ms - piece.begin_ms).voice
        for number, pieces in found.pieces.items()
    }
    assert len({longest[number] for number in (0, 2, 4, 6)}) == 1
    assert longest[0] != longest[1]
