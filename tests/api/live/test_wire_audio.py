"""Bytes of a line to samples at 16 kHz."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.live.wire_audio import AudioFormatError, Encoding, WireAudio, WireFormat, encode


def tone(rate: int, ms: int = 500, channels: int = 1) -> np.ndarray:
    at = np.arange(rate * ms // 1_000) / rate
    return (0.5 * np.sin(2 * np.pi * 440 * at)).astype(np.float32).repeat(channels)


def heard(audio_format: WireFormat, data: bytes, chunk: int) -> np.ndarray:
    wire = WireAudio(audio_format)
    parts = [wire.push(data[i : i + chunk]) for i in range(0, len(data), chunk)]
    return np.concatenate([*parts, wire.close()], axis=1)


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_every_encoding_and_rate_becomes_16_khz(encoding: Encoding, rate: int) -> None:
    audio_format = WireFormat(encoding=encoding, sample_rate=rate)
    got = heard(audio_format, encode(tone(rate), encoding), 1_000)[0]
    want = tone(16_000)
    assert len(got) == pytest.approx(len(want), abs=1)
    middle = slice(400, 7_000)
    assert np.abs(got[middle] - want[middle]).max() < 0.03


def test_two_interleaved_channels_come_apart() -> None:
    agent, customer = tone(8_000), np.zeros(4_000, np.float32)
    data = encode(np.stack([agent, customer], axis=1).ravel(), Encoding.MULAW)
    got = heard(WireFormat(encoding=Encoding.MULAW, sample_rate=8_000, channels=2), data, 320)
    assert got.shape == (2, 8_000)
    assert np.abs(got[0]).max() > 0.4
    assert np.abs(got[1]).max() < 0.01


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 700), st.sampled_from([8_000, 16_000]), st.integers(1, 2))
def test_any_chunking_odd_bytes_included_gives_the_same_samples(
    chunk: int, rate: int, channels: int
) -> None:
    audio_format = WireFormat(sample_rate=rate, channels=channels)
    data = encode(tone(rate, 120, channels), Encoding.LINEAR16)
    whole, pieces = heard(audio_format, data, len(data)), heard(audio_format, data, chunk)
    assert np.array_equal(whole, pieces)


def test_an_unfinished_sample_waits_for_its_rest() -> None:
    wire = WireAudio(WireFormat(channels=2))
    assert wire.push(b"\1\2\3").shape == (2, 0)
    assert wire.odd_bytes == 3
    assert wire.push(b"\4").shape == (2, 1)
    assert wire.odd_bytes == 0


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"sample_rate": 1}, "sample_rate is 1 Hz, expected 8000 to 48000"),
        ({"sample_rate": 96_000}, "sample_rate is 96000 Hz"),
        ({"channels": 3}, "channels is 3, expected 1, or 2"),
        ({"channels": 0}, "channels is 0"),
    ],
    ids=["too slow", "too fast", "three channels", "none"],
)
def test_a_format_no_telephone_sends_is_refused(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(AudioFormatError, match=says):
        WireFormat(**fields)
