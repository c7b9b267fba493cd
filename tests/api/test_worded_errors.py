"""What a room below says in English is read in Chinese where the reader's language is Chinese."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.cli.app import run
from api.transcripts.reading import TranscriptError, read_transcript
from api.worded_errors import in_chinese, worded
from models.errors import CorruptModel, DownloadFailed, IncompleteModel, UnknownModel
from phrasebook.messages import speaking
from qa_engine.audio.errors import (
    AudioDamaged,
    AudioNotFound,
    AudioTooShort,
    NotAudio,
    UnsupportedAudio,
)

AT = Path("/calls/夜班/a.wav")
ERRORS = [
    AudioNotFound(AT, "no such file"),
    AudioNotFound(AT, "is a folder"),
    AudioNotFound(AT, "permission denied"),
    NotAudio(AT, "is empty"),
    NotAudio(AT, "is not a recording that can be read"),
    NotAudio(AT, "holds no sound"),
    AudioTooShort(AT),
    AudioDamaged(AT, at_ms=1_500),
    UnsupportedAudio(AT, "a sample rate of 2000 Hz", "at least 4000 Hz"),
    UnsupportedAudio(AT, "2 channels", "a channel 3 as --channels says"),
    UnknownModel("larg-v3", ("large-v3", "base")),
    UnknownModel("zzz", ("large-v3", "base")),
    IncompleteModel(AT, ("model.bin",)),
    CorruptModel(AT, "3 bytes", "40 bytes"),
    DownloadFailed("base", "https://example.com", "no route"),
]
TRANSCRIPTS = {
    "a.json": ["{", "[[1]]", "[]", '{"a": 1}'],
    "a.srt": ["hello", ""],
    "a.txt": ["", "没有写谁"],
    "a.csv": ["", "时间,内容\n1,您好", "角色,时间\n坐席,1"],
}


def is_chinese(told: str, name: str) -> bool:
    """No English word is left but the names of options, formats and files."""
    words = told.replace(name, "")
    return any("\u4e00" <= char <= "\u9fff" for char in words) and " is " not in words


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_sound_or_model_has_its_chinese_sentence(error: Exception) -> None:
    told = in_chinese(str(error))
    assert told != str(error)
    assert is_chinese(told, str(AT)), told


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in TRANSCRIPTS.items() for text in texts]
)
def test_a_transcript_that_is_none_is_told_in_chinese(name: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(TranscriptError) as error:
        read_transcript(path)
    told = in_chinese(str(error.value))
    assert is_chinese(told, str(path)), told


def test_what_no_template_fits_stays_as_it_is() -> None:
    assert in_chinese("规则“a”没有 say") == "规则“a”没有 say"
    assert in_chinese("something else: entirely") == "something else: entirely"


def test_the_reader_s_language_decides(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert worded("is empty") == "is empty"
    with speaking("zh"):
        assert worded("is empty") == "是空文件"
    monkeypatch.setenv("QA_ENGINE_LANG", "zh")
    assert run(["analyze", "/nowhere/a.wav"]) == 2
    assert "/nowhere/a.wav：没有这个文件" in capsys.readouterr().err
