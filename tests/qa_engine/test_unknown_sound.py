"""What a model of our own does not know it must not claim to understand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import models
import phrasebook
from models.recogniser import Recogniser, Samples
from models.voice_activity import VoiceActivity
from qa_engine.audio import blocks
from qa_engine.events import DecodeWanted, Role, Utterance, UtteranceHeard
from qa_engine.hearing import PartialPolicy
from qa_engine.matching.matcher import Matcher
from qa_engine.session import CallSession
from tests.qa_engine import sounds

pytestmark = pytest.mark.model


SHERPA = Path(models.__file__).parent / "nano_ctc_zh"
DEMO = Path(__file__).parents[2] / "api" / "demo"


@pytest.fixture(scope="module", params=["nano_zh", "offline", "online"])
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    if request.param == "nano_zh":
        return models.open_recogniser("nano_zh", threads=1)
    pytest.importorskip("sherpa_onnx")
    return models.open_recogniser(str(SHERPA / request.param), threads=1)


def heard(recogniser: Recogniser, samples: Samples, *, partials: bool = False) -> list[Utterance]:
    """Every revision of every utterance, with silence around the sound."""
    session = CallSession(
        (Role.AGENT,),
        voice=VoiceActivity(),
        partials=PartialPolicy() if partials else None,
        max_window_ms=recogniser.max_window_ms,
    )
    around = np.pad(samples, (8_000, 16_000))[None]
    said: list[Utterance] = []
    for event in [*session.hear(around), *session.close()]:
        if isinstance(event, DecodeWanted):
            (transcript,) = recogniser.transcribe([event.samples], final=event.final)
            answer = session.decoded(event.window_id, transcript)
            said += [e.utterance for e in answer if isinstance(e, UtteranceHeard)]
    return said


@pytest.mark.parametrize(
    "sound",
    [
        np.zeros(160_000, np.float32),
        sounds.noise(0.003),
        sounds.noise(0.1),
        sounds.tone(440.0),
        sounds.tone(450.0, on_s=1.0, every_s=5.0),
        sounds.tone(770.0, 1_336.0, on_s=0.2, every_s=0.4),
        sounds.tone(50.0, 150.0),
        sounds.melody(),
    ],
    ids=["silence", "hiss", "noise", "tone", "ringing", "keypad", "mains hum", "music"],
)
@pytest.mark.parametrize("partials", [False, True], ids=["finals", "partials too"])
def test_no_words_are_invented_over(recogniser: Recogniser, sound: Samples, partials: bool) -> None:
    believed = [u for u in heard(recogniser, sound, partials=partials) if u.intelligible and u.text]
    assert believed == []


def test_speech_in_other_languages_is_unintelligible(recogniser: Recogniser) -> None:
    finals: list[Utterance] = []
    for language in sounds.SENTENCES:
        for variant in ("", "+f4"):
            speech = sounds.spoken(language, variant)
            if speech is None:
                pytest.skip("espeak-ng is not installed: no foreign speech to refuse")
            finals += heard(recogniser, speech)
    believed = [utterance for utterance in finals if utterance.intelligible]
    assert len(finals) >= 20
    assert len(believed) <= len(finals) // 20
    assert np.median([utterance.confidence for utterance in finals]) < 0.4


def test_speech_played_backwards_is_unintelligible(recogniser: Recogniser) -> None:
    call = np.concatenate(list(blocks(DEMO / "good.flac")), axis=1)
    finals = [u for channel in call for u in heard(recogniser, channel[::-1].copy())]
    believed = [utterance for utterance in finals if utterance.intelligible and utterance.text]
    assert len(finals) >= 15
    assert len(believed) <= len(finals) // 15
    matcher = Matcher(phrasebook.load(phrasebook.bundled()))
    assert not [hit for u in believed for hit in matcher.find(u.text) if hit.kind == "entry"]


def test_real_voices_are_unintelligible(recogniser: Recogniser) -> None:
    voices = sounds.people()
    if not voices:
        pytest.skip("alsa-utils is not installed: no real voices to refuse")
    finals = [utterance for voice in voices for utterance in heard(recogniser, voice)]
    assert len(finals) >= 8
    believed = [utterance for utterance in finals if utterance.intelligible]
    # A syllable is too little to tell: one of them may be taken for Mandarin, no sentence is.
    assert len(believed) <= 1
    assert all(len(utterance.text) <= 2 for utterance in believed)


def test_a_room_full_of_voices_is_unintelligible(recogniser: Recogniser) -> None:
    voices = [sounds.spoken(language) for language in sounds.SENTENCES]
    present = [voice for voice in voices if voice is not None]
    if not present:
        pytest.skip("espeak-ng is not installed: no babble to refuse")
    length = min(len(voice) for voice in present)
    babble = np.sum([voice[:length] for voice in present], axis=0) / 3
    assert not any(u.intelligible and u.text for u in heard(recogniser, babble.astype(np.float32)))
