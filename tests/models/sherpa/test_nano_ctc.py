"""The small CTC model of our own, run by sherpa-onnx: whole windows, and as a stream."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pypinyin import lazy_pinyin
from rapidfuzz.distance import Levenshtein

import models
from models.recogniser import Recogniser, Samples, StreamingRecogniser, Transcript
from models.sherpa.recogniser import SherpaRecogniser
from qa_engine.audio import blocks

pytestmark = pytest.mark.model
pytest.importorskip("sherpa_onnx", reason="sherpa-onnx is not installed (pip install '.[sherpa]')")

HERE = Path(models.__file__).parent / "nano_ctc_zh"
DEMO = Path(__file__).parents[3] / "api" / "demo"
KINDS = ("offline", "online")
AROUND_MS = 300


@pytest.fixture(scope="module", params=KINDS)
def recogniser(request: pytest.FixtureRequest) -> Recogniser:
    return models.open_recogniser(str(HERE / request.param), threads=1)


@pytest.fixture(scope="module")
def online() -> SherpaRecogniser:
    found = models.open_recogniser(str(HERE / "online"), threads=1)
    assert isinstance(found, SherpaRecogniser)
    return found


def utterances(call: str) -> list[tuple[Samples, dict[str, object]]]:
    """Each utterance of a demo call cut out of its channel, with what is true of it."""
    truth = json.loads((DEMO / f"{call}.truth.json").read_text("utf-8"))
    sound = np.concatenate(list(blocks(DEMO / f"{call}.flac")), axis=1)
    found = []
    for said in truth["utterances"]:
        begin_ms, end_ms = said["begin_ms"] - AROUND_MS, said["end_ms"] + AROUND_MS
        channel = sound[("agent", "customer").index(said["role"])]
        found.append((channel[max(0, begin_ms) * 16 : end_ms * 16], said | {"from_ms": begin_ms}))
    return found


CALL = utterances("forbidden")


def syllables(text: str) -> list[str]:
    found: list[str] = lazy_pinyin("".join(c for c in text if "\u4e00" <= c <= "\u9fff"))
    return found


def test_sentences_of_voices_and_wordings_it_never_heard_are_heard(
    recogniser: Recogniser,
) -> None:
    heard = recogniser.transcribe([window for window, _ in CALL], final=True)
    wrong = sum(
        Levenshtein.distance(syllables(str(said["text"])), syllables(one.text))
        for one, (_, said) in zip(heard, CALL, strict=True)
    )
    length = sum(len(syllables(str(said["text"]))) for _, said in CALL)
    assert wrong / length < 0.2
    believed = [one for one in heard if one.intelligible]
    assert len(believed) >= 0.8 * len(CALL)


def test_words_come_when_they_are_said(recogniser: Recogniser) -> None:
    off: list[int] = []
    for window, said in CALL:
        (heard,) = recogniser.transcribe([window], final=True)
        assert "".join(word.text for word in heard.words) == heard.text
        assert all(word.begin_ms <= word.end_ms for word in heard.words)
        assert all(a.begin_ms <= b.begin_ms for a, b in pairwise(heard.words))
        truth = said["characters"]
        assert isinstance(truth, list)
        if heard.text != "".join(character["text"] for character in truth):
            continue
        off += [
            word.begin_ms + int(str(said["from_ms"])) - character["begin_ms"]
            for word, character in zip(heard.words, truth, strict=True)
        ]
    assert len(off) >= 20
    assert np.median(np.abs(off)) <= 120
    assert np.quantile(np.abs(off), 0.95) <= 300


def test_a_window_gives_the_same_whatever_else_is_asked_with_it(recogniser: Recogniser) -> None:
    windows = [window for window, _ in CALL[:4]]
    together = recogniser.transcribe(windows, final=True)
    assert together == [recogniser.transcribe([one], final=True)[0] for one in windows]


@pytest.mark.parametrize("piece", [160, 1_601, 12_000])
def test_a_stream_in_any_pieces_ends_as_the_whole_window_does(
    online: SherpaRecogniser, piece: int
) -> None:
    for window, _ in CALL[:4]:
        stream = online.open_stream()
        for begin in range(0, len(window), piece):
            stream.hear(window[begin : begin + piece])
        assert [stream.finish()] == online.transcribe([window], final=True)


def test_what_is_said_so_far_grows(online: SherpaRecogniser) -> None:
    window, said = max(CALL, key=lambda utterance: len(utterance[0]))
    stream = online.open_stream()
    grown: list[Transcript] = []
    for begin in range(0, len(window), 2_560):
        stream.hear(window[begin : begin + 2_560])
        grown.append(stream.so_far())
    texts = [one.text for one in grown]
    assert all(after.startswith(before) for before, after in pairwise(texts))
    assert len(set(texts)) > 4
    assert len(texts[len(texts) // 2]) > len(str(said["text"])) / 5
    assert all(word.end_ms <= len(window) // 16 for word in grown[-1].words)


def test_only_the_online_one_streams() -> None:
    offline, online = (models.open_recogniser(str(HERE / kind), threads=1) for kind in KINDS)
    assert isinstance(online, StreamingRecogniser)
    assert online.streams
    assert not (isinstance(offline, StreamingRecogniser) and offline.streams)
    assert offline.version != online.version
    assert offline.synthetic
    assert not offline.takes_hotwords
    assert (offline.name, online.name) == ("nano_ctc_zh", "nano_ctc_zh_online")


def test_too_little_to_hear_is_nothing(recogniser: Recogniser) -> None:
    for samples in (0, 10, 1_500, 1_700):
        (heard,) = recogniser.transcribe([np.zeros(samples, np.float32)], final=True)
        assert heard.text == ""


def test_the_files_are_small_and_whole() -> None:
    from models import weights

    sizes = [weights.verify(str(HERE / kind)).size_bytes for kind in KINDS]
    assert sum(sizes) <= 8_200_000
