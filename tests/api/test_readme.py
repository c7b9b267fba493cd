"""The clients that api/README.md names run as they stand there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest

import api
from api.auth import Right
from api.live.wire_audio import Encoding, encode
from tests.api.live.servers import Server, running, settings_for
from tests.api.live.speech import record, scripted_hearing

README = Path(api.__file__).parent / "README.md"


def block(language: str, holding: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
    return next(text for text in blocks if holding in text)


EXAMPLES = README.parent / "clients" / "examples"
COMMANDS = {
    "feed.py": [sys.executable],
    "feed.mjs": ["node", "--experimental-websocket", "--no-warnings"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("clients")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


def start(
    client: str, server: Server, recording: Path, *, token: str = "", speed: float = 1.0
) -> subprocess.CompletedProcess[str]:
    """A documented client, from its beginning to its end."""
    for program in (COMMANDS[client][0], "ffmpeg"):
        if shutil.which(program) is None:
            pytest.skip(f"{program}: apt-get install nodejs ffmpeg")
    token = token or server.token("*", Right.FEED)
    command = [*COMMANDS[client], str(EXAMPLES / client), str(recording), token, server.ws]
    return subprocess.run(
        command, env=os.environ | {"SPEED": str(speed)}, capture_output=True, text=True, timeout=120
    )


@pytest.mark.parametrize("client", COMMANDS)
def test_a_documented_client_prints_the_prompt_and_keeps_to_the_clock(
    client: str, server: Server, tmp_path: Path
) -> None:
    recording = tmp_path / "call.wav"
    with wave.open(str(recording), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(encode(record([(0, 200, "这个我不知道")], 2_000), Encoding.LINEAR16))
    began_s = time.monotonic()
    done = start(client, server, recording)
    assert done.returncode == 0, done.stderr
    assert "让我帮您查询一下相关信息" in done.stdout
    assert done.stdout.splitlines()[-1] == "ended closed 2000"
    assert time.monotonic() - began_s >= 2.0


@pytest.mark.parametrize("client", COMMANDS)
def test_a_documented_client_opens_a_demo_waits_while_a_server_is_full_and_ends_where_refused(
    client: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = README.parent / "demo" / "hold_transfer.flac"
    full_until_s = time.monotonic() + 2.0

    def full(**asked: object) -> str | None:
        return "a test fills it" if time.monotonic() < full_until_s else None

    monkeypatch.setattr(server.calls.admission, "refusal", full)
    done = start(client, server, recording, speed=20.0)
    assert done.stdout.splitlines()[-1].startswith("ended closed "), done.stderr
    refused = start(client, server, recording, token="nonsense")
    assert refused.returncode != 0
    assert "JSON Web Token" in refused.stderr


def test_the_page_that_watches_is_short() -> None:
    code = block("js", "socket")
    assert len([line for line in code.splitlines() if line.strip()]) <= 22


def test_every_message_type_is_told_of() -> None:
    from api.live.protocol import (
        schema,
    )

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
