"""Telephone calls of two people out of separate sentences that people read aloud.

Corpus: a folder of `NAME.flac` with `transcripts.tsv` (name, tab, text), such as the AISHELL-1
sample (Apache-2.0): the speaker is `S` and four digits in the name. In a call one speaker is on
each channel, by turns, a short pause between, over a telephone line (8 kHz, G.711, a quiet noise).
A speaker with less to say is heard in both of his halves. `$QA_HUMAN_SPEECH` names the
folder.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from models.recogniser import Samples
from models.training.channel import TelephoneLine, transmit
from qa_engine.audio.decode import blocks

VARIABLE = "QA_HUMAN_SPEECH"
_RATE = 8_000
_SPEAKER = re.compile(r"S\d{4}")
_NOT_HAN = re.compile(r"[^\u4e00-\u9fff]")
_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One person's sentence; float32 at 16 kHz."""

    name: str
    speaker: str
    text: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class HumanCall:
    """`sound` is float32 [2, n] at 8 kHz; `said` the text of each channel."""

    name: str
    sound: Samples
    said: tuple[str, str]
    speech_s: float


def human_folder() -> Path | None:
    """Where the sentences are, if the variable says."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named and (Path(named) / "transcripts.tsv").is_file() else None


def sentences(folder: Path) -> Iterator[Sentence]:
    for line in (folder / "transcripts.tsv").read_text("utf-8").splitlines():
        name, text = line.split("\t")
        speaker = _SPEAKER.search(name)
        samples = np.concatenate(list(blocks(folder / f"{name}.flac")), axis=1)[0]
        yield Sentence(name, speaker.group() if speaker else name, text, samples)


def calls(folder: Path, count: int, *, turns: int = 32, seed: int = 5) -> list[HumanCall]:
    """`count` calls of `turns` sentences on each channel; as far as they go none is said twice."""
    by_speaker: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in sentences(folder):
        by_speaker[sentence.speaker].append(sentence)
    first, second = sorted(by_speaker.values(), key=len, reverse=True)[:2]
    return [
        _call(
            f"human-{number}",
            [
                group[(number * turns + i) % len(group)]
                for i in range(turns)
                for group in (first, second)
            ],
            seed + number,
        )
        for number in range(count)
    ]


def _call(name: str, turns: list[Sentence], seed: int) -> HumanCall:
    """`turns` alternate between the channels."""
    rng = np.random.default_rng(seed)
    length = sum(len(turn.samples) // 2 for turn in turns) + _RATE * len(turns) * 2
    sound = np.zeros((2, length), np.float32)
    at = _RATE
    for number, turn in enumerate(turns):
        samples = halved(turn.samples)
        sound[number % 2, at : at + len(samples)] += samples
        at += len(samples) + int(rng.uniform(0.2, 1.4) * _RATE)
    line = TelephoneLine(noise_db=38.0, noise="pink")
    lines = [transmit(channel[: at + _RATE], line, rng) for channel in sound]
    said = ("".join(t.text for t in turns[0::2]), "".join(t.text for t in turns[1::2]))
    spoken = sum(len(turn.samples) for turn in turns) / 16_000
    return HumanCall(name, np.stack(lines), said, spoken)


def halved(samples: Samples) -> Samples:
    """16 kHz to 8 kHz, the upper half of the band cut off."""
    spectrum = np.fft.rfft(samples)
    lower = np.fft.irfft(spectrum[: len(samples) // 4 + 1], len(samples) // 2)
    return (lower / 2).astype(np.float32)


def syllable_edits(said: str, heard: str) -> tuple[int, int]:
    """Edits over toneless syllables, digits read one by one, and how many syllables were said."""
    truth, found = (_NOT_HAN.sub("", text.translate(_DIGITS)) for text in (said, heard))
    syllables = lazy_pinyin(truth)
    return int(Levenshtein.distance(syllables, lazy_pinyin(found))), len(syllables)
