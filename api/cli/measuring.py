"""Speech whose words are known, to measure a model's windows with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from models.measuring import MeasuredSpeech
from models.recogniser import Samples
from qa_engine.audio.decode import blocks
from qa_engine.errors import QAError

LIST = "transcripts.tsv"
BUNDLED = Path(__file__).parent.parent / "demo"
_AROUND_MS = (400, 200)
_ROLES = ("agent", "customer")


def bundled_speech() -> list[MeasuredSpeech]:
    """Both channels of the calls that come with the product, in a synthetic voice."""
    channels = []
    for truth in sorted(BUNDLED.glob("*.truth.json")):
        said = json.loads(truth.read_text("utf-8"))["utterances"]
        sound = _sound(truth.with_name(truth.name.replace(".truth.json", ".flac")))
        for number, role in enumerate(_ROLES):
            own = [turn for turn in said if turn["role"] == role]
            windows = tuple(_cut(sound[number], u["begin_ms"], u["end_ms"]) for u in own)
            channels.append(MeasuredSpeech(windows, tuple(turn["text"] for turn in own)))
    return channels


def speech_of(folder: Path) -> list[MeasuredSpeech]:
    """The sentences that `transcripts.tsv` lists (file name without ending, tab, text), in order.

    Raises `QAError`.
    """
    listed = folder / LIST
    if not listed.is_file():
        raise QAError(f"{folder}: expected {LIST} (a name, a tab, the text in each line) here")
    rows = [line.split("\t", 1) for line in listed.read_text("utf-8").splitlines() if line.strip()]
    if not rows or any(len(row) != 2 for row in rows):
        raise QAError(f"{listed}: expected a name, a tab and the text in each line")
    windows = tuple(_sound(_named(folder, name))[0] for name, _ in rows)
    return [MeasuredSpeech(windows, tuple(text for _, text in rows))]


def _named(folder: Path, name: str) -> Path:
    found = [path for path in sorted(folder.glob(f"{name}.*")) if path.name != LIST]
    if not found:
        raise QAError(f"{folder}: {LIST} names a recording that is not here, such as {name}.wav")
    return found[0]


def _sound(path: Path) -> Samples:
    return np.concatenate(list(blocks(path)), axis=1)


def _cut(channel: Samples, begin_ms: int, end_ms: int) -> Samples:
    before_ms, after_ms = _AROUND_MS
    return channel[max(0, begin_ms - before_ms) * 16 : (end_ms + after_ms) * 16]
