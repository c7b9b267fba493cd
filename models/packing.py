"""Several utterances of one channel in one window, and each one's words out of it again.

A Whisper window costs its length, however little is said in it, and what was said before helps to
hear what comes next. The borders of the utterances stay where hearing put them. They are set end
to end, each with the pauses it brings: a tenth of a second of digital silence between them made
half of the longer windows end early (SER .20 for .07).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples, Word
from models.times import rejoined, sounding, trimmed

__all__ = ["Pack", "packs"]


@dataclass(frozen=True, slots=True)
class Pack:
    """Neighbours, their places in what was asked, and where each begins, in samples."""

    members: tuple[int, ...]
    windows: tuple[Samples, ...]
    begins: tuple[int, ...]

    @property
    def samples(self) -> Samples:
        """The windows in one, float32 at 16 kHz, with silence between them."""
        whole = np.zeros(self.begins[-1] + len(self.windows[-1]), np.float32)
        for begin, window in zip(self.begins, self.windows, strict=True):
            whole[begin : begin + len(window)] = window
        return whole

    def shared(self, words: Sequence[Word]) -> list[tuple[Word, ...]]:
        """`words` of the whole, each given to the utterance it was said in, in that one's time."""
        owners = self._owners(words)
        return [
            trimmed(
                rejoined(
                    [
                        _moved(word, begin, window)
                        for word, owner in zip(words, owners, strict=True)
                        if owner == place
                    ]
                ),
                window,
            )
            for place, (begin, window) in enumerate(zip(self.begins, self.windows, strict=True))
        ]

    def _owners(self, words: Sequence[Word]) -> list[int]:
        """Never back to an earlier utterance: words come in the order they were said.

        An alignment lets the last word before a pause run on into it, and the first one after it
        begin in it; the sound that a word covers tells whose it is. A mark of punctuation covers
        none: it goes with the word before it.
        """
        heard = [
            (begin * 1000 // SAMPLE_RATE + first, begin * 1000 // SAMPLE_RATE + last)
            for begin, window in zip(self.begins, self.windows, strict=True)
            for first, last in [sounding(window)]
        ]
        owners: list[int] = []
        now = 0
        for word in words:
            if word.text[:1].isalnum():
                now = max(range(now, len(heard)), key=lambda place: _nearness(word, heard[place]))
            owners.append(now)
        return owners


def packs(windows: Sequence[Samples], most_ms: int) -> list[Pack]:
    """`windows`, in the order they were said, in as few packs of at most `most_ms` as they fill.

    A window longer than that is a pack of its own.
    """
    most = most_ms * SAMPLE_RATE // 1000
    groups: list[list[int]] = []
    length = 0
    for index, window in enumerate(windows):
        if groups and length + len(window) <= most:
            groups[-1].append(index)
            length += len(window)
        else:
            groups.append([index])
            length = len(window)
    return [_pack(members, [windows[i] for i in members]) for members in groups]


def _pack(members: list[int], windows: list[Samples]) -> Pack:
    begins = [0]
    for before, _ in pairwise(windows):
        begins.append(begins[-1] + len(before))
    return Pack(tuple(members), tuple(windows), tuple(begins))


def _nearness(word: Word, sound: tuple[int, int]) -> int:
    """How much of the sound the word covers, or how far from it the word is, as less than 0."""
    return min(word.end_ms, sound[1]) - max(word.begin_ms, sound[0])


def _moved(word: Word, begin: int, window: Samples) -> Word:
    """In the time of its own utterance, no further than that goes."""
    from_ms, length_ms = begin * 1000 // SAMPLE_RATE, len(window) * 1000 // SAMPLE_RATE
    begin_ms = min(max(0, word.begin_ms - from_ms), length_ms)
    end_ms = min(max(begin_ms, word.end_ms - from_ms), length_ms)
    return replace(word, begin_ms=begin_ms, end_ms=end_ms)
