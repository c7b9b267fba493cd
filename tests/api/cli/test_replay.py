"""`qa-engine replay` against a real server: a line when anything happens."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.app import app
from api.cli.clients import ReplayLines
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import SECRET, running, settings_for
from tests.api.live.speech import record, scripted_hearing

CALL = [(0, 400, "您好感谢致电很高兴为您服务"), (0, 4_000, "这个我不知道")]


def test_a_replay_tells_how_far_it_is_what_is_shown_and_how_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_ENGINE_SECRET", SECRET)
    monkeypatch.setattr(ReplayLines, "EVERY_MS", 4_000)
    path = tmp_path / "played.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(encode(record(CALL, 9_000), Encoding.LINEAR16))
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        done = CliRunner().invoke(
            app, ["replay", str(path), "--url", server.ws, "--speed", "4"], catch_exceptions=False
        )
    lines = done.stdout.splitlines()
    assert done.exit_code == 0
    assert lines[0].endswith("00:00 connected")
    assert any(line.endswith("…") for line in lines)
    assert any("直接说不知道：让我帮您查询一下相关信息" in line for line in lines)
    assert "ended (closed); no score" in lines[-1]
