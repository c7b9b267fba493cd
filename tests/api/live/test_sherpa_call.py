"""A whole live call over real sockets, heard by a model that hears as it is said."""

from __future__ import annotations

import asyncio
import json
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import models
import phrasebook
from api.auth import Right
from api.hearing import Hearing
from api.live.session_factory import SessionFactory
from api.live.wire_audio import Encoding, encode
from models.recogniser import Recogniser, Samples
from qa_engine.audio import blocks
from qa_engine.events import Role
from qa_engine.matching.matcher import Matcher
from qa_engine.offline import analyse_audio
from tests.api.live.servers import (
    Json,
    Server,
    close_stream,
    feeding,
    of,
    play,
    running,
    settings_for,
    until,
    watching,
)

pytestmark = pytest.mark.model
pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed (pip install '.[sherpa]')")

CALL = Path(__file__).parents[3] / "api" / "demo" / "forbidden.flac"
BOOK = phrasebook.load(phrasebook.bundled())
MATCHER = Matcher(BOOK)
SECONDS = 27
ROLES = (Role.AGENT, Role.CUSTOMER)


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    folder = Path(models.__file__).parent / "nano_ctc_zh" / "online"
    return models.open_recogniser(str(folder), threads=1)


@pytest.fixture(scope="module")
def server(recogniser: Recogniser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    sessions = SessionFactory(BOOK, MATCHER, recogniser)
    folder: Path = tmp_path_factory.mktemp("sherpa")
    with running(settings_for(folder), Hearing(sessions, recogniser, BOOK)) as up:
        yield up


@pytest.fixture(scope="module")
def sound() -> Samples:
    """As 16 bits have it, in the call and in the file alike."""
    call = np.concatenate(list(blocks(CALL)), axis=1)[:, : SECONDS * 16_000]
    return (np.rint(call * 32_767) / 32_768).astype(np.float32)


@pytest.fixture(scope="module")
def told(server: Server, sound: Samples) -> list[Json]:
    wire = encode(np.ascontiguousarray(sound.T), Encoding.LINEAR16)

    async def call() -> list[Json]:
        async with (
            watching(server, "heard", right=Right.SUPERVISE) as watcher,
            feeding(server, "heard") as feeder,
        ):
            await play(feeder, wire, pause_s=0.03)
            await close_stream(feeder)
            return await until(watcher, "ended")

    return asyncio.run(call())


def finals(told: list[Json]) -> list[tuple[int, str]]:
    said = [m["utterance"] for m in of(told, "utterance") if m["utterance"]["is_final"]]
    return sorted((u["begin_ms"], u["text"]) for u in said)


def test_it_ends_with_the_words_and_hits_of_the_file(
    told: list[Json], recogniser: Recogniser, sound: Samples, tmp_path: Path
) -> None:
    file = tmp_path / "call.wav"
    with wave.open(str(file), "wb") as written:
        written.setparams((2, 2, 16_000, 0, "NONE", ""))
        written.writeframes((sound.T * 32_768).astype("<i2").tobytes())
    batch = analyse_audio(
        file, recogniser=recogniser, phrasebook=BOOK, matcher=MATCHER, roles=ROLES
    )
    assert finals(told) == sorted((u.begin_ms, u.text) for u in batch.analysis.utterances)
    confirmed = {m["hit"]["id"]: m["hit"] for m in of(told, "hit") if m["state"] == "confirmed"}
    for gone in (m for m in of(told, "hit") if m["state"] == "retracted"):
        confirmed.pop(gone["hit"]["id"], None)
    assert sorted((hit["rule"], hit["begin_ms"]) for hit in confirmed.values()) == sorted(
        (hit.rule, hit.begin_ms) for hit in batch.analysis.hits
    )
    assert {"S1.1", "S1.2"} <= {hit["source"] for hit in confirmed.values()}


def test_what_is_said_shows_while_it_is_said(told: list[Json]) -> None:
    said = [m["utterance"] for m in of(told, "utterance")]
    partials = [u for u in said if not u["is_final"] and u["text"]]
    assert len(partials) >= 20
    whole = {u["id"]: u["text"] for u in said if u["is_final"]}
    begins = [whole[u["id"]].startswith(u["text"]) for u in partials if u["id"] in whole]
    assert sum(begins) > 0.8 * len(begins)
    assert any(m["provisional"] for m in of(told, "prompt"))


def test_the_report_names_the_model(server: Server, told: list[Json]) -> None:
    assert told[-1]["type"] == "ended"
    opened = json.dumps(told[0], ensure_ascii=False)
    assert "nano_ctc_zh_online" in opened
