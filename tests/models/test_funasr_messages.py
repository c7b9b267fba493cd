"""FunASR's messages: read as they are documented and as they are met, written as they are read."""

from __future__ import annotations

import json

import pytest

from models.funasr_messages import Control, FunasrError, Result


def test_a_client_s_first_text_is_read() -> None:
    said = {
        "mode": "2pass",
        "chunk_size": [5, 10, 5],
        "wav_name": "demo",
        "is_speaking": True,
        "hotwords": '{"阿里巴巴": 20, "通义 实验室": 30}',
        "itn": True,
        "audio_fs": 8000,
        "token": "abc",
    }
    control = Control.read(json.dumps(said))
    assert control == Control(
        mode="2pass",
        wav_name="demo",
        audio_fs=8_000,
        is_speaking=True,
        hotwords=("阿里巴巴", "通义 实验室"),
        own={"token": "abc"},
    )


@pytest.mark.parametrize(
    ("hotwords", "words"),
    [
        ("", ()),
        ("花呗,借呗", ("花呗", "借呗")),
        ("花呗 20\n借呗 30", ("花呗", "借呗")),
        (["花呗", "借呗"], ("花呗", "借呗")),
        ({"花呗": 20}, ("花呗",)),
    ],
)
def test_hotwords_are_read_however_they_are_written(
    hotwords: object, words: tuple[str, ...]
) -> None:
    assert Control.read(json.dumps({"hotwords": hotwords})).hotwords == words


def test_what_is_not_said_is_left_as_it_was() -> None:
    assert Control.read('{"is_speaking": false}') == Control(is_speaking=False)


def test_what_we_write_is_what_we_read() -> None:
    control = Control(
        mode="offline", wav_name="w", audio_fs=16_000, is_speaking=True, hotwords=("花呗",)
    )
    assert Control.read(control.wire()) == control
    result = Result(mode="2pass-offline", text="您好", wav_name="w", stamps=((0, 200), (200, 400)))
    assert Result.read(result.wire()) == result


@pytest.mark.parametrize("stamps", ["[[100,200],[200,500]]", [[100, 200], [200, 500]]])
def test_time_stamps_come_as_a_text_or_as_they_are(stamps: object) -> None:
    result = Result.read(json.dumps({"mode": "offline", "text": "你好", "timestamp": stamps}))
    assert result.stamps == ((100, 200), (200, 500))
    assert result.settles


@pytest.mark.parametrize("stamps", ["", "?", "[[1]]", 7, [["a", "b"]], None])
def test_stamps_that_make_no_sense_are_none(stamps: object) -> None:
    assert Result.read(json.dumps({"text": "你好", "timestamp": stamps})).stamps == ()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "JSON"),
        ("[]", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"mode": "3pass"}', "mode"),
        ('{"mode": 3}', "mode"),
        ('{"audio_fs": "fast"}', "audio_fs"),
        ('{"audio_fs": true}', "audio_fs"),
        ('{"is_speaking": "no"}', "is_speaking"),
        ('{"wav_name": {}}', "wav_name"),
        ('{"hotwords": 3}', "hotwords"),
        ('{"hotwords": "{"}', "JSON"),
    ],
)
def test_what_makes_no_sense_is_told_by_its_field(text: str, names: str) -> None:
    with pytest.raises(FunasrError, match=names):
        Control.read(text)
