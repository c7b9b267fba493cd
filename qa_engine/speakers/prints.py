"""The voices of a call on one channel, gathered while it is heard.

Each utterance is looked at through windows of 1.2 s that half overlap; the call's windows fall
into voices; the windows of an utterance then say whose it is, or where the speaker changes in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.recogniser import SAMPLE_RATE, Samples
from models.voices.encoder import VoiceEncoder
from qa_engine.speakers.grouping import Grouping, group

__all__ = ["SpeakerPrints", "VoicePrints", "VoicedPiece", "Voices"]

WINDOW_MS = 1_200
STEP_MS = 600
LEAST_MS = 250
"""Shorter speech has no voice to speak of."""
SURE_MS = 700
"""Windows from this length on decide which voices there are."""
FULL_MARGIN = 0.12
"""A voice nearer than the next by this cosine is certain."""
KNOWN_FROM = 0.75
"""A voice of another call is a known one's from this cosine on …"""
KNOWN_LEAD = 0.06
"""… where no other voice of its call is nearly as like it."""
UNKNOWN_BELOW = 0.5
"""Of that margin; below it nobody can say which of two voices it is."""
COHERENT_FROM = 0.87
"""So many of the windows that follow each other within an utterance are in one voice: of 16 calls
at 8 kbit/s .92 and more where the voices were right, .62 to .86 where they were not."""
_LEAST_PAIRS = 12
ANCHOR_FROM = 0.35
"""Of that margin; from it on a window is clearly one voice's, where a change is looked for."""
_BATCH = 48


@dataclass(frozen=True, slots=True)
class VoicedPiece:
    """A stretch of one utterance in one voice; `confidence` in [0, 1], below .5 unknown."""

    begin_ms: int
    end_ms: int
    voice: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Voices:
    """Who spoke when on the channel; voice 0 has most of the speech."""

    count: int
    pieces: Mapping[int, tuple[VoicedPiece, ...]]
    """By utterance id; an utterance too short to tell has one piece of confidence 0."""
    centres: NDArray[np.float32] | None = None
    """[voices, size], unit vectors; None where nobody knows voices by vectors."""

    def of(self, known: NDArray[np.float32]) -> int | None:
        """Which of them a known voice (a vector of length 1) is; None: none, or nobody can tell."""
        if self.centres is None or self.centres.shape[1] != len(known):
            return None
        near = self.centres @ known
        best = int(near.argmax())
        others = np.delete(near, best)
        lead = float(near[best] - others.max()) if len(others) else 1.0
        return best if near[best] >= KNOWN_FROM and lead >= KNOWN_LEAD else None


class SpeakerPrints(Protocol):
    """What listens for voices while a channel that both speakers share is heard."""

    def hear(self, utterance: int, begin_ms: int, samples: Samples) -> None: ...

    def voices(self, without: Collection[int] = ()) -> Voices | None:
        """Who spoke when; the utterances `without` are nobody's, and shape no voice."""


@dataclass(slots=True)
class _Window:
    utterance: int
    begin_ms: int
    end_ms: int


@dataclass(slots=True)
class VoicePrints:
    """Feed it every utterance's sound; it keeps one vector for each 0.6 s of speech."""

    encoder: VoiceEncoder
    _windows: list[_Window] = field(default_factory=list)
    _vectors: list[NDArray[np.float32]] = field(default_factory=list)
    _waiting: list[Samples] = field(default_factory=list)
    _spans: dict[int, tuple[int, int]] = field(default_factory=dict)

    def hear(self, utterance: int, begin_ms: int, samples: Samples) -> None:
        """`samples`: the utterance's own sound, float32 mono at 16 kHz."""
        length_ms = len(samples) * 1000 // SAMPLE_RATE
        self._spans[utterance] = (begin_ms, begin_ms + length_ms)
        if length_ms < LEAST_MS:
            return
        for start in _starts(length_ms):
            end = min(start + WINDOW_MS, length_ms) if length_ms > WINDOW_MS else length_ms
            self._windows.append(_Window(utterance, begin_ms + start, begin_ms + end))
            self._waiting.append(samples[start * 16 : end * 16])
        if len(self._waiting) >= _BATCH:
            self._embed()

    def voices(self, without: Collection[int] = ()) -> Voices | None:
        """None where there is too little speech to say anything."""
        self._embed()
        if not self._vectors:
            return None
        vectors = np.concatenate(self._vectors)
        lengths = np.array([w.end_ms - w.begin_ms for w in self._windows], np.float64)
        own = np.array([w.utterance not in without for w in self._windows], bool)
        sure = (lengths >= SURE_MS) & own
        spoken_in = np.array([window.utterance for window in self._windows])
        found = group(_with_neighbours(vectors[sure], spoken_in[sure]), lengths[sure])
        if found is None:
            return None
        if _coherence(vectors[own] @ found.centres.T, spoken_in[own]) < COHERENT_FROM:
            # Two voices that change with every breath are two sounds of one, or no voices at all.
            found = Grouping(found.centres[:1])
        by_utterance: dict[int, list[int]] = {}
        for number, window in enumerate(self._windows):
            by_utterance.setdefault(window.utterance, []).append(number)
        return Voices(
            count=found.voices,
            centres=found.centres,
            pieces={
                utterance: tuple(
                    self._pieces(span, by_utterance.get(utterance, []), vectors, found)
                )
                for utterance, span in self._spans.items()
            },
        )

    def _pieces(
        self,
        span: tuple[int, int],
        numbers: Sequence[int],
        vectors: NDArray[np.float32],
        found: Grouping,
    ) -> list[VoicedPiece]:
        if not numbers:
            return [VoicedPiece(*span, 0, 0.0)]
        own = vectors[list(numbers)]
        near = own @ found.centres.T
        runs = _runs(near)
        pieces: list[VoicedPiece] = []
        begin_ms = span[0]
        for number, (first, last, voice) in enumerate(runs):
            if number + 1 < len(runs):
                # The windows on both sides share this stretch: the change is in its middle.
                left, right = self._windows[numbers[last]], self._windows[numbers[last + 1]]
                end_ms = (left.begin_ms + right.end_ms) // 2
            else:
                end_ms = span[1]
            mean = near[first : last + 1].mean(axis=0)
            pieces.append(VoicedPiece(begin_ms, end_ms, voice, _confidence(mean, voice)))
            begin_ms = end_ms
        return pieces

    def _embed(self) -> None:
        if self._waiting:
            self._vectors.append(self.encoder.embed(self._waiting))
            self._waiting = []


def _with_neighbours(
    vectors: NDArray[np.float32], spoken_in: NDArray[np.int_]
) -> NDArray[np.float32]:
    """Each window with the one before and after it in its utterance: mostly the same speaker's.

    What a codec does to one second is not in the next. Measured at 8 kbit/s, where the windows
    alone fell into wrong halves in 3 of 18 calls: in none.
    """
    together = vectors.copy()
    same = (spoken_in[1:] == spoken_in[:-1])[:, None]
    together[1:] += np.where(same, vectors[:-1], 0)
    together[:-1] += np.where(same, vectors[1:], 0)
    length = np.linalg.norm(together, axis=1, keepdims=True)
    return np.asarray(together / np.maximum(length, 1e-9), np.float32)


def _coherence(near: NDArray[np.float32], spoken_in: NDArray[np.int_]) -> float:
    """How many windows have the voice of the one before, within utterances; 1 for too few."""
    voices = near.argmax(axis=1)
    within = spoken_in[1:] == spoken_in[:-1]
    if within.sum() < _LEAST_PAIRS:
        return 1.0
    return float((voices[1:] == voices[:-1])[within].mean())


def _starts(length_ms: int) -> list[int]:
    if length_ms <= WINDOW_MS + STEP_MS // 2:
        return [0]
    steps = max(1, round((length_ms - WINDOW_MS) / STEP_MS))
    return [(length_ms - WINDOW_MS) * step // steps for step in range(steps + 1)]


def _runs(near: NDArray[np.float32]) -> list[tuple[int, int, int]]:
    """(first, last, voice) of stretches of windows in one voice.

    A change counts where each side has a window that is clearly its own: in between, windows lie
    across both voices and say nothing.
    """
    if near.shape[1] == 1 or near.shape[0] < 2:
        return [(0, near.shape[0] - 1, int(near.sum(axis=0).argmax()))]
    ordered = np.sort(near, axis=1)
    clear = (ordered[:, -1] - ordered[:, -2]) >= FULL_MARGIN * ANCHOR_FROM
    labels = near.argmax(axis=1)
    anchors = [(int(n), int(labels[n])) for n in np.flatnonzero(clear)]
    if len({voice for _, voice in anchors}) < 2:
        return [(0, near.shape[0] - 1, int(near.sum(axis=0).argmax()))]
    runs: list[tuple[int, int, int]] = []
    first = 0
    for (at, voice), (following, other) in pairwise(anchors):
        if voice == other:
            continue
        gain = [
            float(near[first : cut + 1, voice].sum() + near[cut + 1 : following + 1, other].sum())
            for cut in range(at, following)
        ]
        last = at + int(np.argmax(gain))
        runs.append((first, last, voice))
        first = last + 1
    runs.append((first, near.shape[0] - 1, anchors[-1][1]))
    return runs


def _confidence(near: NDArray[np.float32], voice: int) -> float:
    """How sure a voice is, from its lead over the next; .5 is where it becomes known."""
    if len(near) == 1:
        return 1.0
    lead = float(near[voice] - np.delete(near, voice).max()) / FULL_MARGIN
    if lead < UNKNOWN_BELOW:
        return round(max(0.0, 0.5 * lead / UNKNOWN_BELOW) * 0.98, 3)
    return round(min(1.0, 0.5 + 0.5 * (lead - UNKNOWN_BELOW) / (1 - UNKNOWN_BELOW)), 3)
