"""Bad input gets one clear sentence and exit code 2, and leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]


def qa_engine(*args: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from api.cli import main; main()", *map(str, args)],
        capture_output=True,
        text=True,
        input=stdin,
        cwd=ROOT,
        check=False,
    )


def write_wav(path: Path, *, channels: int = 2, rate: int = 8000, seconds: float = 1.0) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.zeros(int(rate * seconds) * channels, np.int16).tobytes())
    return path


def missing(folder: Path) -> Path:
    return folder / "no-such-call.wav"


def empty(folder: Path) -> Path:
    (folder / "empty.wav").touch()
    return folder / "empty.wav"


def text(folder: Path) -> Path:
    (folder / "text.wav").write_text("this is not sound\n" * 40)
    return folder / "text.wav"


def zero_length(folder: Path) -> Path:
    return write_wav(folder / "zero.wav", seconds=0)


def three_channels(folder: Path) -> Path:
    return write_wav(folder / "three.wav", channels=3)


def one_hertz(folder: Path) -> Path:
    return write_wav(folder / "slow.wav", rate=1, seconds=60)


def directory(folder: Path) -> Path:
    (folder / "calls.wav").mkdir()
    return folder / "calls.wav"


RECORDINGS: list[tuple[Callable[[Path], Path], str]] = [
    (missing, "no such file"),
    (empty, "empty"),
    (text, "is text"),
    (zero_length, "no sound"),
    (three_channels, "3 channels"),
    (one_hertz, "1 Hz"),
    (directory, "folder"),
]


@pytest.mark.model
@pytest.mark.parametrize(
    ("make", "says"), RECORDINGS, ids=[make.__name__ for make, _ in RECORDINGS]
)
def test_a_bad_recording_is_told_in_one_sentence_and_writes_nothing(
    make: Callable[[Path], Path], says: str, tmp_path: Path
) -> None:
    recording = make(tmp_path)
    before = sorted(tmp_path.iterdir())

    done = qa_engine(
        "analyze", recording, "--json", tmp_path / "r.json", "--html", tmp_path / "r.html"
    )

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert recording.name in done.stderr
    assert says in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_an_unknown_model_is_told_with_the_nearest_name(tmp_path: Path) -> None:
    done = qa_engine("analyze", write_wav(tmp_path / "a.wav"), "--model", "larg-v3")

    assert done.returncode == 2
    assert "did you mean" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_directory_without_weights_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty-model").mkdir()

    done = qa_engine("analyze", write_wav(tmp_path / "a.wav"), "--model", tmp_path / "empty-model")

    assert done.returncode == 2
    assert "model.bin" in done.stderr


def test_an_unwritable_output_is_told_before_any_decoding(tmp_path: Path) -> None:
    done = qa_engine(
        "analyze", write_wav(tmp_path / "a.wav"), "--json", tmp_path / "no" / "folder" / "r.json"
    )

    assert done.returncode == 2
    assert "cannot write" in done.stderr


def test_all_mistakes_of_a_phrasebook_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        "entries:\n"
        "  - {id: a, say: '我[不知道', suggest: [好的]}\n"
        "  - {id: a, say: 不归我管, suggest: [好的]}\n"
        "  - {id: c, sey: 不归我管, suggest: [好的]}\n"
        "  - {id: d, say: '{没有的名单}', suggest: [好的]}\n"
        "  - {id: e, say: 办不了, who: 老板, suggest: [好的]}\n"
        "  - {id: f, say: 办不了, severity: 超高, suggest: [好的]}\n"
        "  - {id: g, say: 办不了, when: first potato, suggest: [好的]}\n"
        "  - {id: h, say: 办不了}\n"
        "  - {id: i, say: 办不了, points: 很多, suggest: [好的]}\n"
        "steps:\n"
        "  - {id: s, say: 您好, anchor: 'step:nowhere'}\n"
        "scripts:\n"
        "  - {id: x, title: 内呼, steps: [nothing]}\n",
        "utf-8",
    )

    done = qa_engine("check", tmp_path)

    assert done.returncode == 2
    assert done.stderr.count("[PB") >= 10
    assert "Traceback" not in done.stderr


def test_an_unknown_script_is_told_with_those_there_are(tmp_path: Path) -> None:
    done = qa_engine("analyze", write_wav(tmp_path / "a.wav"), "--script", "inbond")

    assert done.returncode == 2
    assert "inbound" in done.stderr


def test_unknown_roles_are_told(tmp_path: Path) -> None:
    done = qa_engine("analyze", write_wav(tmp_path / "a.wav"), "--roles", "agent,boss")

    assert done.returncode == 2
    assert "agent,customer" in done.stderr
