"""`qa-engine listen` on real PortAudio devices, whose sound is a demo call's two channels."""

from __future__ import annotations

import signal
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from api.auth import Right
from api.hearing import load_hearing
from models.recogniser import SAMPLE_RATE
from qa_engine.audio import blocks
from tests.api.clients.sound_server import DEVICES, SoundServer, sound_server
from tests.api.ctrl_c import hears_ctrl_c
from tests.api.live.servers import SECRET, Json, Server, running, settings_for, wait_for

pytestmark = pytest.mark.model
CALL = Path("api/demo/forbidden.flac")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundServer]:
    with sound_server(tmp_path_factory.mktemp("sound")) as up:
        yield up


@pytest.fixture
def server(sound: SoundServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = settings_for(tmp_path_factory.mktemp("mic"))
    with running(settings, load_hearing(settings)) as up:
        yield up


@pytest.fixture(scope="module")
def channels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The agent's and the customer's side of the call, a file each."""
    folder = tmp_path_factory.mktemp("channels")
    audio = np.concatenate(list(blocks(CALL)), axis=1)
    paths = {}
    for name, samples in zip(DEVICES, audio, strict=True):
        paths[name] = folder / f"{name}.wav"
        with wave.open(str(paths[name]), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(SAMPLE_RATE)
            file.writeframes((samples * 32_767).astype("<i2").tobytes())
    return paths


def test_devices_of_the_sound_system_are_listed(sound: SoundServer) -> None:
    with qa_engine("listen", "--devices", environment=sound.environment) as client:
        shown, _ = client.communicate(timeout=60)
    assert client.returncode == 0
    assert all(name in shown for name in DEVICES)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "kill"])
def test_what_two_devices_play_is_heard_as_agent_and_customer(
    sound: SoundServer, server: Server, channels: dict[str, Path], how: signal.Signals
) -> None:
    environment = sound.environment | {"QA_ENGINE_SECRET": SECRET, "PYTHONFAULTHANDLER": "1"}
    devices = ("--agent-device", "agent", "--customer-device", "customer")
    with (
        sound.playing(channels),
        qa_engine("listen", "--url", server.ws, *devices, environment=environment) as client,
    ):
        try:
            wait_for(lambda: heard(server, "prompt"), timeout_s=60)
            wait_for(lambda: roles(server) == set(DEVICES), timeout_s=60)
        finally:
            client.send_signal(how)
            printed = ended(client)
    assert client.returncode == 0
    assert heard(server, "prompt")[0]["title"] in printed
    assert heard(server, "ended")[0]["reason"] == "closed"
    assert "score" in printed


def ended(client: subprocess.Popen[str]) -> str:
    """What it printed; one that does not end says where it hangs."""
    try:
        printed, _ = client.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        client.send_signal(signal.SIGABRT)
        hung, _ = client.communicate(timeout=30)
        pytest.fail(f"still there after 30 s:\n{hung[-6_000:]}")
    return printed


def qa_engine(*arguments: str, environment: dict[str, str]) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from api.cli import main; main()", *arguments]
    return subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=hears_ctrl_c,
    )


def messages(server: Server) -> list[Json]:
    """Everything told of the call so far."""
    headers = server.bearer("*", Right.SUPERVISE)
    with httpx.Client(base_url=server.http, headers=headers, timeout=60) as client:
        known = client.get("/v1/calls").json()
        call_ids = [call["call_id"] for call in (*known["live"], *known["past"])]
        told = client.get(f"/v1/calls/{call_ids[0]}") if call_ids else None
        return told.json() if told is not None and told.is_success else []


def heard(server: Server, kind: str) -> list[Json]:
    return [message for message in messages(server) if message["type"] == kind]


def roles(server: Server) -> set[str]:
    return {m["utterance"]["role"] for m in heard(server, "utterance") if m["utterance"]["text"]}
