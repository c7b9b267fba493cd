from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.report.sound import LONGEST_MS, embed, encode
from tests.qa_engine.report.sample import write_wav


def tone(seconds: float, channels: int = 2) -> Samples:
    times = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return np.stack([np.sin(times * 2000 * (c + 1)) * 0.3 for c in range(channels)]).astype(
        np.float32
    )


@pytest.mark.parametrize("channels", [1, 2])
def test_the_sound_keeps_its_length_and_its_channels(channels: int) -> None:
    import av

    samples = tone(3.3, channels)
    encoded = encode(samples[:, i : i + 16_000] for i in range(0, samples.shape[1], 16_000))
    with av.open(io.BytesIO(encoded)) as container:
        stream = container.streams.audio[0]
        assert stream.codec_context.name == "opus"
        assert stream.codec_context.channels == channels
        assert container.duration is not None
        assert abs(container.duration / 1000 - 3300) < 60


def test_a_long_recording_takes_fewer_bits() -> None:
    noise = np.random.default_rng(1).normal(0, 0.2, (2, 160_000)).astype(np.float32)
    assert len(encode([noise], small=True)) < 0.8 * len(encode([noise]))


def test_the_recording_becomes_a_data_uri(tmp_path: Path) -> None:
    uri, peaks = embed(write_wav(tmp_path / "a.wav", tone(1)), duration_ms=1000)
    assert uri is not None
    assert peaks.channels == 2
    kind, _, data = uri.partition(",")
    assert kind == "data:audio/webm;base64"
    assert base64.b64decode(data, validate=True).startswith(b"\x1aE\xdf\xa3")


def test_a_recording_too_long_for_a_page_is_left_out(tmp_path: Path) -> None:
    recording = write_wav(tmp_path / "a.wav", tone(1))
    uri, peaks = embed(recording, duration_ms=LONGEST_MS + 1)
    assert uri is None
    assert peaks.high.max() > 30
