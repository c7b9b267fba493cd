"""Demo calls with both speakers on one channel, through the bundled recogniser."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

import models
import phrasebook as pb
from models import voices
from qa_engine.audio.decode import blocks
from qa_engine.events import Role
from qa_engine.matching import Matcher
from qa_engine.offline import OfflineResult, analyse_audio
from qa_engine.rules.counting import Reason, standing_of_hit

DEMOS = ("forbidden", "complaint", "hold_transfer")

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def network() -> voices.VoiceNetwork:
    found = voices.load()
    if found is None:
        pytest.skip("the speaker network is not here: qa-engine models pull voices")
    return found


def mono(folder: Path, demo: str) -> Path:
    sound = np.concatenate(list(blocks(Path("api/demo") / f"{demo}.flac")), axis=1).mean(axis=0)
    with wave.open(str(folder / f"{demo}.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((sound * 32_767).astype("<i2").tobytes())
    return folder / f"{demo}.wav"


def judged(path: Path, network: voices.VoiceNetwork | None) -> OfflineResult:
    book = pb.load(pb.bundled())
    return analyse_audio(
        path,
        recogniser=models.open_recogniser(None),
        phrasebook=book,
        matcher=Matcher(book),
        speakers=network,
    )


def charged(result: OfflineResult) -> set[tuple[str, Role]]:
    return {(hit.rule, hit.role) for hit in result.hits if standing_of_hit(hit).counts}


@pytest.mark.parametrize("demo", DEMOS)
def test_one_channel_is_judged_like_two(
    demo: str, network: voices.VoiceNetwork, tmp_path: Path
) -> None:
    two = judged(Path("api/demo") / f"{demo}.flac", None)
    one = judged(mono(tmp_path, demo), network)

    assert charged(one) == charged(two)
    known = [u for u in one.utterances if u.role_confidence >= 0.5]
    assert sum(u.end_ms - u.begin_ms for u in known) >= 0.9 * sum(
        u.end_ms - u.begin_ms for u in one.utterances
    )


def test_a_recording_with_one_voice_charges_nobody(
    network: voices.VoiceNetwork, tmp_path: Path
) -> None:
    sound = np.concatenate(list(blocks(Path("api/demo/forbidden.flac"))), axis=1)[0]
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((sound * 32_767).astype("<i2").tobytes())

    result = judged(tmp_path / "one.wav", network)

    assert result.hits
    assert {standing_of_hit(hit).reason for hit in result.hits} == {Reason.UNKNOWN_SPEAKER}
