"""`qa-engine voices`: a site learns what its telephone system plays, looks it over and uses it."""

from __future__ import annotations

import json
import stat
import wave
from pathlib import Path

import numpy as np
import pytest

from api.cli.app import run
from models.recogniser import SAMPLE_RATE, Samples
from tests.qa_engine.line.test_repeats import pause, sentence


def main(args: list[str]) -> int:
    """The exit code of one command."""
    return int(run(args) or 0)


def wav(path: Path, *channels: Samples) -> Path:
    length = max(len(one) for one in channels)
    sound = np.stack([np.pad(one, (0, length - len(one))) for one in channels])
    noisy = sound + np.random.default_rng(len(path.name)).normal(0, 1e-3, sound.shape)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(noisy.T, -1, 1) * 32_767).astype("<i2").tobytes())
    return path


def call(path: Path, number: int, *, menu: bool = True) -> Path:
    """The agent's channel begins with the menu; everything else is this call's own."""
    lead = [pause(0.2 + 0.07 * number), sentence(1, 7)] if menu else []
    agent = np.concatenate([*lead, pause(1), sentence(100 + number, 6)])
    return wav(path, agent, np.concatenate([pause(9), sentence(200 + number, 4)]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "calls"
    made.mkdir()
    for number in range(4):
        call(made / f"{number}.wav", number)
    return made


def listed(path: Path) -> dict[str, object]:
    (one,) = json.loads(path.read_text("utf-8"))["recorded"]
    return dict(one)


def test_what_several_calls_play_is_learned_and_told_as_nobodys(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    voices, report = tmp_path / "voices.json", tmp_path / "report.json"
    assert main(["voices", "learn", str(folder), str(voices)]) == 0
    assert listed(voices)["calls"] == 4
    new = call(tmp_path / "new.wav", 9)

    order = ["analyze", str(new), "--json", str(report)]
    assert main(order) == 0
    before = json.loads(report.read_text("utf-8"))
    assert main([*order, "--known-voices", str(voices)]) == 0
    after = json.loads(report.read_text("utf-8"))

    assert "ivr" not in [part["kind"] for part in before["anatomy"]]
    (menu,) = [part for part in after["anatomy"] if part["kind"] == "ivr"]
    assert menu["channel"] == 0
    assert 6_000 <= menu["end_ms"] <= 9_000
    assert (before["versions"]["fingerprints"], after["versions"]["fingerprints"] != "") == (
        "",
        True,
    )


def test_a_recording_that_somebody_refused_is_used_no_more(folder: Path, tmp_path: Path) -> None:
    voices = tmp_path / "voices.json"
    main(["voices", "learn", str(folder), str(voices)])
    name = str(listed(voices)["id"])
    assert main(["voices", "refuse", str(voices), name]) == 0
    assert main(["voices", "learn", str(folder), str(voices)]) == 0
    assert listed(voices)["refused"] is True
    assert main(["voices", "refuse", str(voices), name, "--undo"]) == 0
    assert listed(voices)["refused"] is False


def test_the_list_is_readable_by_this_account_only(folder: Path, tmp_path: Path) -> None:
    voices = tmp_path / "voices.json"
    main(["voices", "learn", str(folder), str(voices)])
    assert stat.S_IMODE(voices.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "order",
    [
        ["voices", "learn", "{empty}", "{voices}"],
        ["voices", "list", "{missing}"],
        ["voices", "list", "{broken}"],
        ["voices", "refuse", "{good}", "0000"],
        ["voices", "forget", "{good}", "1024"],
        ["voices", "enrol", "{good}", "1024", "{short}"],
        ["voices", "enrol", "{good}", "1024", "{short}", "--channel", "3"],
        ["analyze", "{short}", "--known-voices", "{broken}"],
    ],
)
def test_what_cannot_be_done_is_told_in_one_sentence(
    order: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text("{}", "utf-8")
    (tmp_path / "good.json").write_text('{"format": 1, "recorded": [], "agents": {}}', "utf-8")
    wav(tmp_path / "short.wav", sentence(1, 3))
    places = {
        "empty": tmp_path / "empty",
        "voices": tmp_path / "voices.json",
        "missing": tmp_path / "missing.json",
        "broken": tmp_path / "broken.json",
        "good": tmp_path / "good.json",
        "short": tmp_path / "short.wav",
    }
    assert main([word.format(**places) for word in order]) == 2
    told = capsys.readouterr().err.strip()
    assert told
    assert "Traceback" not in told
    assert "\n" not in told
