from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qa_engine.audio.decode import blocks
from qa_engine.audio.errors import (
    AudioError,
    AudioNotFound,
    AudioTooShort,
    NotAudio,
    UnsupportedAudio,
)
from tests.qa_engine.audio.recordings import encoded, tone, wav

SECOND = 16_000


def whole(path: Path) -> np.ndarray:
    return np.concatenate(list(blocks(path)), axis=1)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 48_000])
def test_any_sample_rate_comes_out_at_16_khz(tmp_path: Path, rate: int) -> None:
    heard = whole(wav(tmp_path / "a.wav", tone(2_000, rate=rate)[None], rate=rate))
    assert heard.shape == (1, 2 * SECOND)
    assert heard.dtype == np.float32
    expected = tone(2_000, rate=16_000)
    assert np.abs(heard[0, 1_000:-1_000] - expected[1_000:-1_000]).max() < 0.01


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("mulaw.wav", "pcm_mulaw", 8_000),
        ("alaw.wav", "pcm_alaw", 8_000),
        ("deep.wav", "pcm_s24le", 16_000),
        ("float.wav", "pcm_f32le", 16_000),
        ("a.flac", "flac", 16_000),
        ("a.ogg", "libopus", 16_000),
        ("a.mp3", "libmp3lame", 16_000),
        ("a.m4a", "aac", 16_000),
        ("gsm.au", "pcm_mulaw", 8_000),
    ],
)
def test_both_channels_of_any_format_come_out_apart(
    tmp_path: Path, name: str, codec: str, rate: int
) -> None:
    left, right = tone(3_000, rate=rate, hz=300), tone(3_000, rate=rate, hz=700, level=0.1)
    heard = whole(encoded(tmp_path / name, np.stack([left, right]), rate=rate, codec=codec))
    assert heard.shape[0] == 2
    assert abs(heard.shape[1] - 3 * SECOND) < SECOND // 5
    middle = heard[:, SECOND : 2 * SECOND]
    spectrum = np.abs(np.fft.rfft(middle, axis=1))
    assert spectrum.argmax(axis=1).tolist() == [300, 700]
    assert np.abs(middle).max(axis=1) == pytest.approx([0.3, 0.1], rel=0.15)


def test_broken_float_samples_are_silence(tmp_path: Path) -> None:
    sound = tone(500, rate=16_000)
    sound[100:200] = np.nan
    sound[300] = np.inf
    heard = whole(encoded(tmp_path / "a.wav", sound[None], rate=16_000, codec="pcm_f32le"))
    assert np.isfinite(heard).all()
    assert not heard[0, 100:200].any()


def test_blocks_are_equally_long_except_the_last(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(2_600, rate=8_000)[None], rate=8_000)
    assert [block.shape[1] for block in blocks(path)] == [SECOND, SECOND, SECOND * 6 // 10]


def test_the_block_length_does_not_change_the_samples(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1_700, rate=8_000)[None], rate=8_000)
    fine = np.concatenate(list(blocks(path, block_ms=30)), axis=1)
    assert np.array_equal(fine, whole(path))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(AudioNotFound, match="no such file"):
        whole(tmp_path / "nothing.wav")


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(AudioNotFound, match="is a folder"):
        whole(tmp_path)


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    with pytest.raises(NotAudio, match="is empty"):
        whole(tmp_path / "a.wav")


@pytest.mark.parametrize("text", ["您好，这不是录音。\n" * 40, "a,b,c\n1,2,3\n", "x"])
def test_text_named_wav_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.wav").write_text(text, encoding="utf-8")
    with pytest.raises(NotAudio, match="is text"):
        whole(tmp_path / "a.wav")


def test_bytes_of_no_format_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(NotAudio, match="not a recording"):
        whole(tmp_path / "a.wav")


def test_a_wav_cut_within_its_header_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", tone(1_000, rate=8_000)[None], rate=8_000)
    path.write_bytes(path.read_bytes()[:30])
    with pytest.raises(AudioError):
        whole(path)


@pytest.mark.parametrize("promised", [0, 0xFFFFFFFF, 0x7FFFFFFF], ids=hex)
def test_a_streamed_wav_that_does_not_know_its_length_is_read(
    tmp_path: Path, promised: int
) -> None:
    sound = tone(1_000, rate=8_000)[None]
    path = wav(tmp_path / "a.wav", sound, rate=8_000, promised=promised)
    assert whole(path).shape[1] == SECOND


def test_a_recording_without_a_sample_is_told(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.zeros((1, 0), np.float32), rate=8_000)
    with pytest.raises(AudioTooShort, match="zero samples"):
        whole(path)


@pytest.mark.parametrize("channels", [3, 6])
def test_more_than_two_channels_are_refused(tmp_path: Path, channels: int) -> None:
    path = wav(tmp_path / "a.wav", np.zeros((channels, 800), np.float32), rate=8_000)
    with pytest.raises(UnsupportedAudio, match=f"{channels} channels"):
        whole(path)


def test_a_sample_rate_nobody_speaks_at_is_refused(tmp_path: Path) -> None:
    path = wav(tmp_path / "a.wav", np.zeros((1, 800), np.float32), rate=1)
    with pytest.raises(UnsupportedAudio, match="1 Hz"):
        whole(path)


def test_every_error_is_one_sentence_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    for path in (tmp_path / "a.wav", tmp_path / "none.wav", tmp_path):
        with pytest.raises(AudioError) as error:
            whole(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)
