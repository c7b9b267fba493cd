"""What was mended, on the real network: OpenAI's multilingual base, where it is on this machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks import published_base
from models.recogniser import Samples, Transcript
from models.vocabulary import Vocabulary
from models.whisper import WhisperOptions, WhisperRecogniser
from qa_engine.audio.decode import blocks
from tests.qa_engine import sounds

pytestmark = pytest.mark.model
DEMO = Path(__file__).parents[2] / "api" / "demo" / "good.flac"
HOTWORDS = "明德保险 尊享计划 犹豫期"


@pytest.fixture(scope="module")
def path() -> Path:
    found = published_base.present()
    if found is None:
        pytest.skip("Whisper base is not here: run `python -m benchmarks.published_base`")
    return found


@pytest.fixture(scope="module")
def base(path: Path) -> WhisperRecogniser:
    return WhisperRecogniser(path, WhisperOptions(device="cpu", threads=1))


def foreign(language: str) -> Samples:
    speech = sounds.spoken(language)
    if speech is None:
        pytest.skip("espeak-ng is not installed: no foreign speech to refuse")
    return speech[: 5 * 16_000]


def believed(heard: list[Transcript]) -> list[str]:
    return [one.text for one in heard if one.intelligible and one.text]


def test_its_timestamps_are_no_words(path: Path) -> None:
    vocabulary = Vocabulary.load(path)
    said = vocabulary.expecting("好的好的")[1:]
    assert vocabulary.spoken([50_364, *said, 50_406, 60_000, vocabulary.end]) == said


def test_it_hears_fifteen_seconds_where_thirty_cost_four_times_as_much(
    base: WhisperRecogniser,
) -> None:
    assert base._decoder.frames(np.zeros(16_000, np.float32)) == 1_500
    assert base.hears_neighbours


@pytest.mark.parametrize(
    "sound",
    [sounds.noise(0.003), sounds.noise(0.1), sounds.tone(450.0, on_s=1.0, every_s=5.0)],
    ids=["hiss", "noise", "ringing"],
)
def test_no_words_are_believed_over(base: WhisperRecogniser, sound: Samples) -> None:
    assert believed(base.transcribe([sound[: 4 * 16_000]], final=True)) == []


@pytest.mark.parametrize("final", [True, False], ids=["final", "partial"])
def test_hotwords_that_nobody_said_are_not_believed(base: WhisperRecogniser, final: bool) -> None:
    backwards = np.ascontiguousarray(foreign("sw")[::-1])
    heard = base.transcribe([backwards], final=final, hotwords=[HOTWORDS])
    assert not [text for text in believed(heard) if any(word in text for word in HOTWORDS.split())]


@pytest.mark.parametrize("language", ["de", "ru", "sw"])
def test_another_language_gives_no_text_to_believe(base: WhisperRecogniser, language: str) -> None:
    assert believed(base.transcribe([foreign(language)], final=True)) == []


@pytest.mark.parametrize(
    "sound",
    [sounds.melody(), sounds.tone(770.0, 1_336.0, on_s=0.2, every_s=0.4), sounds.tone(50.0, 150.0)],
    ids=["music", "keypad", "hum"],
)
def test_music_and_tones_of_the_line_are_no_words(base: WhisperRecogniser, sound: Samples) -> None:
    assert believed(base.transcribe([sound[: 4 * 16_000]], final=True)) == []


def test_speech_that_is_played_backwards_is_not_believed(base: WhisperRecogniser) -> None:
    call = np.concatenate(list(blocks(DEMO)), axis=1)
    backwards = [np.ascontiguousarray(one[2 * 16_000 : 6 * 16_000][::-1]) for one in call]
    assert believed(base.transcribe(backwards, final=True)) == []
