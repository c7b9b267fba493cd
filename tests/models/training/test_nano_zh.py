from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import soxr

from models.training import samples, voices
from models.training import vocabulary as v
from models.training.channel import RATE, TelephoneLine, transmit
from models.training.espeak import VoiceManner
from models.training.evaluate import ShortWindowDecoder
from models.training.pronounce import characters

FOLDER = Path(__file__).parents[3] / "models" / "nano_zh"
pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not (FOLDER / "model.bin").exists(), reason="no weights in models/nano_zh"),
]


def _spoken(text: str, voice: str = "belinda") -> np.ndarray:
    said = samples.say(text, voices.full_name(voice), VoiceManner(rate=190))
    assert said is not None
    gap = np.zeros(RATE // 5, np.float32)
    heard = transmit(
        np.concatenate([gap, said.samples, gap]),
        TelephoneLine(noise_db=30),
        np.random.default_rng(1),
    )
    return np.asarray(soxr.resample(heard, RATE, 2 * RATE), np.float32)


def test_the_manifest_names_every_file_with_its_sum() -> None:
    manifest = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
    for name, digest in manifest["sha256"].items():
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    assert manifest["synthetic"] is True
    assert sum(manifest["bytes"].values()) < 12_000_000


def test_the_vocabulary_is_the_recipes() -> None:
    assert json.loads((FOLDER / "vocabulary.json").read_text("utf-8")) == list(v.tokens())


@pytest.mark.usefixtures("espeak")
def test_it_hears_a_sentence_of_a_voice_it_never_heard() -> None:
    heard = ShortWindowDecoder(FOLDER).hear(_spoken("这个我真的不知道，您看看说明书上有没有写"))
    assert "我真的不知道" in heard.text
    assert heard.no_speech < 0.1


@pytest.mark.usefixtures("espeak")
@pytest.mark.filterwarnings("ignore")
def test_stock_faster_whisper_transcribes_with_it() -> None:
    whisper = pytest.importorskip("faster_whisper")
    model = whisper.WhisperModel(str(FOLDER), device="cpu", compute_type="int8", cpu_threads=1)
    segments, _ = model.transcribe(_spoken("感谢您的来电，祝您生活愉快，再见"), language="zh")
    assert "祝您生活愉快" in characters("".join(s.text for s in segments))


@pytest.mark.parametrize("kind", ["silence", "noise", "tone"])
def test_what_is_not_speech_is_not_written(kind: str) -> None:
    n = 3 * 16000
    sounds = {
        "silence": np.zeros(n),
        "noise": np.random.default_rng(1).standard_normal(n) * 0.05,
        "tone": 0.3 * np.sin(2 * np.pi * 450 * np.arange(n) / 16000),
    }
    heard = ShortWindowDecoder(FOLDER).hear(sounds[kind].astype(np.float32))
    assert heard.text == "" or heard.no_speech > 0.5
