"""One training example: features, tokens, and what every frame and token should look at."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import soxr

from models.training import espeak, garbage, texts, vocabulary, voices
from models.training.channel import RATE, Samples, TelephoneLine, transmit
from models.training.features import log_mel
from models.training.pronounce import characters, spoken_form, toneless

TokenIds = npt.NDArray[np.int32]
Spans = npt.NDArray[np.int16]
Features = Callable[[npt.NDArray[np.float32], float], npt.NDArray[np.float32]]
"""[80, frames of 10 ms] of 16 kHz samples, and how much louder (powers of ten) the rest may be."""

FRAMES_PER_S = 50
"""Encoder frames: 20 ms."""
IGNORE = -100
LONGEST_S = 10.0


@dataclass(frozen=True, slots=True)
class SpokenSentence:
    """8 kHz speech of one sentence: characters, their pinyin, their (begin, end) in seconds."""

    samples: Samples
    text: str
    pinyin: tuple[str, ...]
    times: tuple[tuple[float, float], ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


@dataclass(frozen=True, slots=True)
class SoundExample:
    """``mel`` [80, 2T]; ``syllable``/``tone`` [T] classes per frame; tokens [L] with targets.

    ``look`` [L, 2] is the frame span of the character or moment that target i names, -1 where
    there is none; ``echo`` [L, 2] that of input i.
    """

    mel: npt.NDArray[np.float32]
    syllable: npt.NDArray[np.int16]
    tone: npt.NDArray[np.int16]
    inputs: npt.NDArray[np.int32]
    targets: npt.NDArray[np.int32]
    look: npt.NDArray[np.int16]
    echo: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class ExamplePlan:
    """What the examples of one stretch of training are like (probabilities)."""

    mix: texts.Mix = texts.WIDE
    garbage: float = 0.06
    cut: float = 0.10
    long: float = 0.0
    timestamps: float = 0.4


def say(
    text: str, voice: str, manner: espeak.VoiceManner, tract: float = 1.0
) -> SpokenSentence | None:
    """Speak ``text``; None where the engine and the pronouncer disagree about its syllables."""
    spoken, pinyin = spoken_form(text)
    said = espeak.engine().say(spoken, voice, manner)
    if len(said.words) != len(pinyin) or not pinyin:
        return None
    rate = said.rate * tract
    x = np.asarray(soxr.resample(said.samples, rate, RATE, quality="MQ"), np.float32)
    begin = max(0.0, said.words[0][0] / rate - 0.02)
    end = min(len(x) / RATE, said.words[-1][1] / rate + 0.03)
    times = tuple((a / rate - begin, b / rate - begin) for a, b in said.words)
    return SpokenSentence(
        x[int(begin * RATE) : int(end * RATE)], characters(text), tuple(pinyin), times
    )


def cut_short(said: SpokenSentence, at: float) -> SpokenSentence:
    """The first ``at`` seconds, with the characters that are mostly inside."""
    count = sum(1 for a, b in said.times if a + 0.7 * (b - a) <= at)
    return SpokenSentence(
        said.samples[: int(at * RATE)],
        said.text[:count],
        said.pinyin[:count],
        tuple((a, min(b, at)) for a, b in said.times[:count]),
    )


def begin_late(said: SpokenSentence, at: float) -> SpokenSentence:
    """Without the first ``at`` seconds: what a cut through a long turn leaves."""
    skip = sum(1 for a, b in said.times if a + 0.35 * (b - a) < at)
    return SpokenSentence(
        said.samples[int(at * RATE) :],
        said.text[skip:],
        said.pinyin[skip:],
        tuple((max(0.0, a - at), b - at) for a, b in said.times[skip:]),
    )


class Maker:
    """Draws examples. Owns its random state and the babble of the last voices it used."""

    def __init__(self, seed: int, *, held_out: bool = False, features: Features = log_mel) -> None:
        self._features = features
        self._r = random.Random(seed)
        self._rng = np.random.default_rng(seed)
        self._held_out = held_out
        self._recent: deque[Samples] = deque(maxlen=12)

    def _speak(self, plan: ExamplePlan) -> SpokenSentence:
        r = self._r
        pool = voices.HELD_OUT_VOICES if self._held_out else voices.training_voices()
        while True:
            text = texts.draw_held_out(r) if self._held_out else texts.draw(r, plan.mix)
            voice = voices.full_name(r.choice(pool))
            said = say(text, voice, voices.draw_manner(r), voices.draw_tract(r))
            if said is not None and said.seconds < LONGEST_S - 0.8:
                if r.random() < 0.1:
                    self._recent.append(said.samples)
                return said

    def draw(self, plan: ExamplePlan) -> SoundExample:
        """One example of ``plan``."""
        r = self._r
        if r.random() < plan.long:
            return self._long(plan)
        said = self._speak(plan)
        if r.random() < plan.garbage:
            x = garbage.draw(r, self._rng, said.samples, held_out=self._held_out)
            x, _ = self._between_gaps(x)
            return self._example(x, [], [], plan)
        if r.random() < plan.cut:
            said = cut_short(said, r.uniform(0.3, max(0.4, said.seconds)))
        elif r.random() < plan.cut / 2:
            said = begin_late(said, r.uniform(0.1, max(0.2, said.seconds - 0.4)))
        x, lead = self._between_gaps(said.samples)
        return self._example(x, [said], [lead], plan)

    def _between_gaps(self, x: Samples) -> tuple[Samples, float]:
        """``x`` with quiet before and after it, and how much before it.

        Garbage must get the same as speech, or its edges give it away.
        """
        r = self._r
        tail = 0.0 if r.random() < 0.3 else r.uniform(0, 0.7)
        lead = r.uniform(0, 0.15) if r.random() < 0.4 else r.uniform(0, 0.7)
        before, after = (np.zeros(int(t * RATE), np.float32) for t in (lead, tail))
        return np.concatenate([before, x, after])[: int(LONGEST_S * RATE)], len(before) / RATE

    def _long(self, plan: ExamplePlan) -> SoundExample:
        """One to many sentences: half as stock faster-whisper has them, padded to 30 s.

        The other half are 6-16 s without padding: they teach segments at a sixth of the cost.
        """
        r = self._r
        padded = r.random() < 0.5
        cut = r.random() < 0.5
        total = r.uniform(6, 16)
        if padded:
            total = 30.0 if cut else r.uniform(2, 29)
        parts: list[Samples] = []
        saids: list[SpokenSentence] = []
        begins: list[float] = []
        at = 0.0
        while at < total:
            gap = r.uniform(0.25, 2.5) if r.random() < 0.7 else r.uniform(2.5, 9.0)
            if not saids:
                gap = r.uniform(0.0, 0.7) if r.random() < 0.6 else r.uniform(0.7, 0.4 * total)
            said = self._speak(plan)
            room = total - at - gap
            if said.seconds > room:
                if saids and (not cut or room < 0.6):
                    break
                said = cut_short(said, max(0.6, room))
            quiet = np.zeros(int(gap * RATE), np.float32)
            parts += [quiet, said.samples * np.float32(r.uniform(0.5, 1.0))]
            at = sum(map(len, parts)) / RATE
            saids.append(said)
            begins.append(at - len(said.samples) / RATE)
        example = self._example(np.concatenate(parts), saids, begins, plan, timestamps=True)
        if not padded:
            return example
        mel = np.zeros((80, 3000), np.float32)
        mel[:, : example.mel.shape[1]] = example.mel[:, :3000]
        silence = np.zeros(1500, np.int16)
        syllable, tone = silence.copy(), silence.copy()
        n = min(1500, len(example.syllable))
        syllable[:n], tone[:n] = example.syllable[:n], example.tone[:n]
        return replace(example, mel=mel, syllable=syllable, tone=tone)

    def _example(
        self,
        x: Samples,
        saids: list[SpokenSentence],
        begins: list[float],
        plan: ExamplePlan,
        *,
        timestamps: bool | None = None,
    ) -> SoundExample:
        r = self._r
        babble = np.concatenate(self._recent) if len(self._recent) > 6 else None
        heard = transmit(x, TelephoneLine.draw(r), self._rng, babble)
        wide = soxr.resample(heard, RATE, 2 * RATE, quality=r.choice(("MQ", "HQ")))
        louder = r.uniform(0, 2.0) if r.random() < 0.3 else 0.0
        mel = self._features(np.asarray(wide, np.float32), louder)
        mel = mel[:, : mel.shape[1] // 2 * 2]
        frames = mel.shape[1] // 2
        classes = vocabulary.syllable_ids()
        syllable, tone = np.zeros(frames, np.int16), np.zeros(frames, np.int16)
        for said, begin in zip(saids, begins, strict=True):
            for reading, (a, b) in zip(said.pinyin, said.times, strict=True):
                first, last = (int((begin + t) * FRAMES_PER_S) for t in (a, b))
                name, mark = toneless(reading)
                syllable[first:last] = classes.get(name, 0)
                tone[first:last] = mark
        if timestamps is None:
            timestamps = r.random() < plan.timestamps
        tokens, targets, look, echo = _tokens(saids, begins, timestamps, r.random() < 0.3)
        return SoundExample(mel, syllable, tone, tokens, targets, look, echo)


def _around(seconds: float) -> tuple[int, int]:
    """The three frames about a moment of a 30-s window: where its timestamp is to be seen."""
    frame = min(1498, max(1, round(seconds * FRAMES_PER_S)))
    return frame - 1, frame + 2


def _tokens(
    saids: list[SpokenSentence], begins: list[float], timestamps: bool, long_prompt: bool
) -> tuple[
    npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int16], npt.NDArray[np.int16]
]:
    """Inputs, targets and frame spans for one of the three prompt forms."""
    v = vocabulary.ids()
    saids_with_text = [(s, b) for s, b in zip(saids, begins, strict=True) if s.text]
    # Whisper's rules forbid a first timestamp beyond one second.
    first = vocabulary.timestamp(min(1.0, saids_with_text[0][1]) if saids_with_text else 0.0)
    if timestamps:
        sequence = [v[vocabulary.START]]
    elif long_prompt:
        prompt = (vocabulary.START, vocabulary.CHINESE, vocabulary.TRANSCRIBE)
        sequence = [*(v[t] for t in prompt), v[vocabulary.NO_TIMESTAMPS]]
    else:
        sequence = [v[vocabulary.START], v[vocabulary.NO_TIMESTAMPS]]
    prompt_length = len(sequence)
    spans = [(-1, -1)] * prompt_length
    if timestamps and not saids_with_text:
        sequence.append(first)
        spans.append((-1, -1))
    for said, begin in saids_with_text:
        if timestamps:
            at = first if len(sequence) == prompt_length else vocabulary.timestamp(begin)
            sequence.append(at)
            spans.append(_around(begin))
        sequence += [v[c] for c in said.text]
        spans += [
            (int((begin + a) * FRAMES_PER_S), int((begin + b) * FRAMES_PER_S) + 1)
            for a, b in said.times
        ]
        if timestamps:
            end = begin + said.times[-1][1]
            sequence.append(vocabulary.timestamp(end))
            spans.append(_around(end))
    inputs = np.array(sequence, np.int32)
    targets = np.array([*sequence[1:], v[vocabulary.END]], np.int32)
    targets[: prompt_length - 1] = IGNORE
    # The start token always answers "speech from here, or no speech", whatever prompt follows.
    targets[0] = first if saids_with_text else v[vocabulary.NO_SPEECH]
    look = np.array([*spans[1:], (-1, -1)], np.int16)
    return inputs, targets, look, np.array(spans, np.int16)
