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
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

from models.recogniser import Samples
from models.times import sounding
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
    """`sound` is float32 [2, n] at 8 kHz; `said` the text of each channel; `ends_ms` the channel of
    each sentence and when its speech ends, in order."""

    name: str
    sound: Samples
    said: tuple[str, str]
    speech_s: float
    ends_ms: tuple[tuple[int, int], ...] = ()
    sentences: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """What was said on each channel, sentence by sentence."""


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


def calls_for_all(folder: Path, turns: int) -> int:
    """How many calls it takes until every sentence was heard."""
    by_speaker = Counter(sentence.speaker for sentence in sentences(folder))
    return -(-max(by_speaker.values()) // turns)


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
    ends_ms: list[tuple[int, int]] = []
    at = _RATE
    for number, turn in enumerate(turns):
        samples = halved(turn.samples)
        ends_ms.append((number % 2, at * 1000 // _RATE + sounding(turn.samples)[1]))
        sound[number % 2, at : at + len(samples)] += samples
        at += len(samples) + int(rng.uniform(0.2, 1.4) * _RATE)
    line = TelephoneLine(noise_db=38.0, noise="pink")
    lines = [transmit(channel[: at + _RATE], line, rng) for channel in sound]
    own = tuple(t.text for t in turns[0::2]), tuple(t.text for t in turns[1::2])
    said = "".join(own[0]), "".join(own[1])
    spoken = sum(len(turn.samples) for turn in turns) / 16_000
    return HumanCall(name, np.stack(lines), said, spoken, tuple(ends_ms), own)


def halved(samples: Samples) -> Samples:
    """16 kHz to 8 kHz, the upper half of the band cut off."""
    spectrum = np.fft.rfft(samples)
    lower = np.fft.irfft(spectrum[: len(samples) // 4 + 1], len(samples) // 2)
    return (lower / 2).astype(np.float32)


def syllable_edits(said: str, heard: str) -> tuple[int, int]:
    """Edits over toneless syllables, digits read one by one, and how many syllables were said."""
    syllables = _syllables(said)
    return int(Levenshtein.distance(syllables, _syllables(heard))), len(syllables)


def sentence_edits(said: Sequence[str], heard: str) -> list[tuple[int, int]]:
    """`syllable_edits` of a channel shared among its sentences; what was said too much between two
    of them belongs to the one before."""
    own = [_syllables(sentence) for sentence in said]
    whole = [syllable for sentence in own for syllable in sentence]
    owner = [place for place, sentence in enumerate(own) for _ in sentence]
    edits = [0] * len(own)
    for edit in Levenshtein.editops(whole, _syllables(heard)):
        at = edit.src_pos - (edit.tag == "insert")
        edits[owner[min(max(at, 0), len(owner) - 1)]] += 1
    return list(zip(edits, map(len, own), strict=True))


def _syllables(text: str) -> list[str]:
    found: list[str] = lazy_pinyin(_NOT_HAN.sub("", text.translate(_DIGITS)))
    return found
