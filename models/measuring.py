"""Which windows are safe for a model and what its confidence is worth, on speech whose words are
known."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from models.calibration import ConfidenceCalibration, Measured, fitted
from models.recogniser import SAMPLE_RATE, NeighbourRecogniser, Recogniser, Samples, Transcript
from models.whisper import WhisperOptions, WhisperRecogniser
from models.window_policy import WindowPolicy

__all__ = ["CANDIDATES", "MeasuredRow", "MeasuredSpeech", "best", "calibrated", "measure"]

CANDIDATES: Final = (
    WindowPolicy(),
    WindowPolicy(least_ms=20_000, after_ms=2_000, pack_ms=18_000),
    WindowPolicy(least_ms=15_000, after_ms=2_000, pack_ms=13_000),
    WindowPolicy(least_ms=10_000, after_ms=2_000, pack_ms=8_000),
)
_SLACK: Final = 0.005
"""Of two policies this close in errors the cheaper one is as good."""
_NOT_HAN: Final = re.compile(r"[^\u4e00-\u9fff]")
_DIGITS: Final = str.maketrans("0123456789", "零一二三四五六七八九")


@dataclass(frozen=True, slots=True)
class MeasuredSpeech:
    """One channel's utterances in order, float32 at 16 kHz."""

    windows: tuple[Samples, ...]
    texts: tuple[str, ...]
    """What is said in each."""

    @property
    def said(self) -> str:
        return "".join(self.texts)


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    policy: WindowPolicy
    ser: float
    """Syllable error rate, tones not counted, digits read one by one."""
    cost: float
    """Processor seconds a second of speech, one thread."""


def measure(
    model: Path,
    channels: Sequence[MeasuredSpeech],
    tell: Callable[[MeasuredRow], None] = lambda row: None,
) -> list[MeasuredRow]:
    """Hear the channels under every candidate. Raises `ModelError`."""
    rows: list[MeasuredRow] = []
    for row in _rows(model, channels):
        rows.append(row)
        tell(row)
    return rows


def best(rows: Sequence[MeasuredRow]) -> MeasuredRow:
    """The cheapest of those that hear as well as the best does."""
    least = min(row.ser for row in rows)
    return min((row for row in rows if row.ser <= least + _SLACK), key=lambda row: row.cost)


def calibrated(recogniser: Recogniser, channels: Sequence[MeasuredSpeech]) -> ConfidenceCalibration:
    """Of a recogniser that was opened unmeasured: each sentence forwards, and backwards, which
    nobody said."""
    forwards: list[Measured] = []
    backwards: list[float] = []
    for spoken in channels:
        for text, heard in zip(spoken.texts, _heard(recogniser, spoken.windows), strict=True):
            edits, length = _edits(text, heard.text)
            if heard.text and length:
                right = max(0, length - edits)
                forwards.append(Measured(heard.confidence, right, length))
        turned = [np.ascontiguousarray(window[::-1]) for window in spoken.windows]
        backwards += [
            one.confidence if one.intelligible and one.text else 0.0
            for one in _heard(recogniser, turned)
        ]
    return fitted(forwards, backwards)


def _heard(recogniser: Recogniser, windows: Sequence[Samples]) -> list[Transcript]:
    if isinstance(recogniser, NeighbourRecogniser) and recogniser.hears_neighbours:
        return recogniser.transcribe_neighbours(windows)
    return recogniser.transcribe(windows, final=True)


def _rows(model: Path, channels: Sequence[MeasuredSpeech]) -> Iterator[MeasuredRow]:
    speech_s = sum(len(w) for spoken in channels for w in spoken.windows) / SAMPLE_RATE
    for policy in CANDIDATES:
        options = WhisperOptions(threads=1, device="cpu", window_policy=policy)
        recogniser = WhisperRecogniser(model, options)
        wrong = syllables = 0
        spent_s = 0.0
        for spoken in channels:
            began_s = time.process_time()
            heard = recogniser.transcribe_neighbours(spoken.windows)
            spent_s += time.process_time() - began_s
            edits, length = _edits(spoken.said, "".join(one.text for one in heard))
            wrong, syllables = wrong + edits, syllables + length
        yield MeasuredRow(policy, wrong / max(syllables, 1), spent_s / max(speech_s, 1e-9))


def _edits(said: str, heard: str) -> tuple[int, int]:
    from pypinyin import lazy_pinyin
    from rapidfuzz.distance import Levenshtein

    truth, found = (
        lazy_pinyin(_NOT_HAN.sub("", text.translate(_DIGITS))) for text in (said, heard)
    )
    return int(Levenshtein.distance(truth, found)), len(truth)
