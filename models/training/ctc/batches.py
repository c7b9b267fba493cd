"""Examples of nano_zh's own maker as CTC batches: kaldi features, characters, frame labels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.training import texts, vocabulary
from models.training.batches import Progress
from models.training.ctc.fbank import BANDS, SILENCE, fbank
from models.training.ctc.net import SEEN_FRAMES, outputs
from models.training.samples import ExamplePlan, Maker, SoundExample

_AFTER_FRAMES = SEEN_FRAMES - 1
"""Silence behind every example, as a window gets it, so that its last character is written."""
_OWN_FRAMES = 2
"""A character is wanted on this many outputs from the middle of its sound on."""


@dataclass(frozen=True, slots=True)
class CtcBatch:
    """Padded to [B, ...]. ``characters`` of all examples on end, ``counts`` of each.

    ``wanted``, ``syllable`` and ``tone`` are classes per output (40 ms); ``lengths`` in outputs.
    """

    features: npt.NDArray[np.float16]
    lengths: npt.NDArray[np.int32]
    characters: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    wanted: npt.NDArray[np.int16]
    syllable: npt.NDArray[np.int16]
    tone: npt.NDArray[np.int16]
    seconds: float


def plan_at(progress: float) -> ExamplePlan:
    """nano_zh's curriculum without its long windows and timestamps."""
    if progress < 0.04:
        return ExamplePlan(mix=texts.NARROW, garbage=0.02, cut=0.0, timestamps=0.0)
    if progress < 0.1:
        return ExamplePlan(mix=texts.MIDDLE, garbage=0.04, cut=0.0, timestamps=0.0)
    mix = texts.WIDE if progress < 0.5 else texts.NATURAL
    return ExamplePlan(mix=mix, garbage=0.1, cut=0.1, timestamps=0.0)


def collate(examples: list[SoundExample]) -> CtcBatch:
    """Pad with digital silence, whose features are a floor."""
    frames = max(e.mel.shape[1] for e in examples) + _AFTER_FRAMES
    size = outputs(frames)
    features = np.full((len(examples), BANDS, frames), SILENCE, np.float16)
    wanted, syllable, tone = (np.zeros((len(examples), size), np.int16) for _ in range(3))
    said: list[npt.NDArray[np.int32]] = []
    for i, e in enumerate(examples):
        features[i, :, : e.mel.shape[1]] = e.mel
        characters, spans = _spoken(e)
        said.append(characters)
        for character, (begin, end) in zip(characters, spans, strict=True):
            # Spans count 20 ms, outputs 40.
            middle = (int(begin) + int(end)) // 4
            wanted[i, middle : middle + _OWN_FRAMES] = character
        halved = e.syllable[::2][:size], e.tone[::2][:size]
        syllable[i, : len(halved[0])], tone[i, : len(halved[1])] = halved
    return CtcBatch(
        features=features,
        lengths=np.array([outputs(e.mel.shape[1] + _AFTER_FRAMES) for e in examples], np.int32),
        characters=np.concatenate(said),
        counts=np.array([len(one) for one in said], np.int32),
        wanted=wanted,
        syllable=syllable,
        tone=tone,
        seconds=sum(e.mel.shape[1] for e in examples) / 100,
    )


def _spoken(example: SoundExample) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int16]]:
    """Its characters and where each sounds, in frames of 20 ms."""
    known = len(vocabulary.known_characters())
    written = (example.targets >= 1) & (example.targets <= known) & (example.look[:, 0] >= 0)
    return example.targets[written], example.look[written]


def batches(progress: Progress, frames: int, seed: int) -> Iterator[CtcBatch]:
    """For ever; ``frames`` feature frames in each, of similar lengths."""
    r = random.Random(seed)
    maker = Maker(seed, features=lambda samples, _louder: fbank(samples))
    while True:
        plan = plan_at(progress.value)
        pool: list[SoundExample] = []
        while sum(e.mel.shape[1] for e in pool) < 8 * frames:
            pool.append(maker.draw(plan))
        pool.sort(key=lambda e: e.mel.shape[1])
        groups: list[list[SoundExample]] = [[]]
        for e in pool:
            if groups[-1] and (len(groups[-1]) + 1) * e.mel.shape[1] > frames:
                groups.append([])
            groups[-1].append(e)
        r.shuffle(groups)
        yield from (collate(group) for group in groups)
