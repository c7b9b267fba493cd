"""The clients in api/README.md run as they stand there."""

from __future__ import annotations

import re
import subprocess
import sys
import wave
from pathlib import Path

import pytest

import api
from api.auth import Right
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import running, settings_for
from tests.api.live.speech import record, scripted_hearing

README = Path(api.__file__).parent / "README.md"


def block(language: str, holding: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return next(text for text in blocks if holding in text)


def test_the_python_client_prints_the_prompt(tmp_path: Path) -> None:
    recording = tmp_path / "call.wav"
    with wave.open(str(recording), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(encode(record([(0, 200, "这个我不知道")], 2_400), Encoding.LINEAR16))
    with running(settings_for(tmp_path), scripted_hearing(tmp_path)) as server:
        code = block("python", "asyncio.run").replace("127.0.0.1:8765", f"127.0.0.1:{server.port}")
        done = subprocess.run(
            [sys.executable, "-c", code, str(recording), server.token("*", Right.FEED)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert "shown 直接说不知道 ['让我帮您查询一下相关信息']" in done.stdout


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_client_is_short(language: str) -> None:
    code = block(language, "socket")
    assert len([line for line in code.splitlines() if line.strip()]) <= 22


def test_every_message_type_is_told_of() -> None:
    from api.live.messages import schema

    text = README.read_text("utf-8")
    types = {
        definition["properties"]["type"]["const"]
        for definition in schema()["$defs"].values()
        if "type" in definition.get("properties", {})
    }
    assert {kind for kind in types if f"`{kind}`" not in text and f'"{kind}"' not in text} <= {
        "listening",
        "received",
        "call",
    }
