"""The same call fed live, in small pieces with partials, and analysed as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import models
import phrasebook
from models.recogniser import Recogniser
from models.voice_activity import VoiceActivity
from qa_engine.analysis import Analysis
from qa_engine.audio import blocks
from qa_engine.events import DecodeWanted, HitChanged, HitState, Role, SessionEvent, UtteranceHeard
from qa_engine.hearing import PartialPolicy
from qa_engine.matching.matcher import Matcher
from qa_engine.offline import analyse_audio
from qa_engine.session import CallSession

pytestmark = pytest.mark.model

CALL = Path(__file__).parents[2] / "api" / "demo" / "forbidden.flac"
ROLES = (Role.AGENT, Role.CUSTOMER)


SHERPA = Path(models.__file__).parent / "nano_ctc_zh"


@pytest.fixture(scope="module", params=["nano_zh", "offline", "online"])
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    if request.param == "nano_zh":
        return models.open_recogniser("nano_zh", threads=1)
    pytest.importorskip("sherpa_onnx")
    return models.open_recogniser(str(SHERPA / request.param), threads=1)


def said(events: list[SessionEvent]) -> list[tuple[int, str, float]]:
    heard = [event.utterance for event in events if isinstance(event, UtteranceHeard)]
    return sorted((u.begin_ms, u.text, round(u.confidence, 3)) for u in heard if u.is_final)


def confirmed(events: list[SessionEvent]) -> list[tuple[str, int, str]]:
    """Hits that stand at the end: confirmed and not taken back."""
    hits: dict[str, tuple[str, int, str]] = {}
    for event in events:
        if isinstance(event, HitChanged) and event.state is HitState.CONFIRMED:
            hits[event.hit.id] = (event.hit.rule, event.hit.begin_ms, event.hit.heard)
        elif isinstance(event, HitChanged) and event.state is HitState.RETRACTED:
            hits.pop(event.hit.id, None)
    return sorted(hits.values())


@pytest.mark.parametrize("piece_ms", [37, 200])
def test_a_call_ends_with_the_same_words_and_hits_either_way(
    recogniser: Recogniser, piece_ms: int
) -> None:
    book = phrasebook.load(phrasebook.bundled())
    matcher = Matcher(book)
    batch = analyse_audio(
        CALL, recogniser=recogniser, phrasebook=book, matcher=matcher, roles=ROLES
    )
    session = CallSession(
        ROLES,
        voice=VoiceActivity(),
        analysis=Analysis(book, matcher),
        partials=PartialPolicy(),
        max_window_ms=recogniser.max_window_ms,
    )
    events: list[SessionEvent] = []

    def take(happened: list[SessionEvent]) -> None:
        for event in happened:
            events.append(event)
            if isinstance(event, DecodeWanted):
                (heard,) = recogniser.transcribe([event.samples], final=event.final)
                take(session.decoded(event.window_id, heard))

    call = np.concatenate(list(blocks(CALL)), axis=1)
    for begin in range(0, call.shape[1], piece_ms * 16):
        take(session.hear(call[:, begin : begin + piece_ms * 16]))
    take(session.close())

    assert said(events) == said(list(batch.events))
    assert confirmed(events) == confirmed(list(batch.events))
    assert len(confirmed(events)) >= 4
    assert session.accounts[0].partials_decoded > 20
