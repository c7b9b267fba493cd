"""The microphone's client, with a sound library that needs no sound card."""

from __future__ import annotations

import asyncio
import atexit
import builtins
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from api.clients import microphone
from api.clients.feeder import ServerGone, ServerRefused
from api.clients.microphone import MicrophoneMissing, devices, listen, meter
from tests.api.live.servers import Json, Server, of, running, settings_for
from tests.api.live.speech import record, scripted_hearing
from tests.api.live.test_restart import free_port

SPEECH = record([(0, 200, "这个我不知道")], 4_000, channels=1)


HIFI, HIFI_RATE, NOTHING = "hi-fi", 48_000, "nothing"


class PortAudioError(Exception):
    pass


class InputStream:
    """Plays SPEECH into the callback, twenty times as fast as a microphone."""

    def __init__(
        self, *, device: Any, samplerate: int, callback: Callable[..., None], **how: Any
    ) -> None:
        if device in (HIFI, NOTHING) and samplerate != HIFI_RATE:
            raise PortAudioError("Invalid sample rate")
        self._callback = callback
        self._speech = np.repeat(SPEECH, samplerate // 16_000)
        self._block = samplerate * 40 // 1_000
        self._thread = threading.Thread(target=self._play, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _play(self) -> None:
        for at in range(0, len(self._speech) - self._block, self._block):
            self._callback(self._speech[at : at + self._block, None], self._block, None, None)
            time.sleep(0.002)

    def abort(self) -> None:
        self.aborted = True

    def close(self) -> None:
        self._thread.join()


@pytest.fixture(autouse=True)
def sound(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = [
        {"name": "microphone", "max_input_channels": 1},
        {"name": "speakers", "max_input_channels": 0},
        {"name": "monitor of speakers", "max_input_channels": 2},
    ]

    def query(device: str | None = None, kind: str = "") -> Any:
        if device == NOTHING:
            raise ValueError("no input device matching 'nothing'")
        return inputs if device is None else {"default_samplerate": float(HIFI_RATE)}

    library = SimpleNamespace(
        InputStream=InputStream,
        PortAudioError=PortAudioError,
        query_devices=query,
        default=SimpleNamespace(device=(0, 1)),
    )
    monkeypatch.setitem(sys.modules, "sounddevice", library)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("mic")
    with running(settings_for(folder), scripted_hearing(folder)) as up:
        yield up


def test_only_inputs_are_listed_and_the_default_is_marked() -> None:
    assert [(one.index, one.name, one.is_default) for one in devices()] == [
        (0, "microphone", True),
        (2, "monitor of speakers", False),
    ]


def test_what_the_microphone_hears_becomes_a_prompt(server: Server, tmp_path: Path) -> None:
    told: list[Json] = []
    peaks: list[float] = []
    call_id = listen(
        url=server.ws,
        settings=settings_for(tmp_path),
        tell=told.append,
        level=lambda agent, customer: peaks.append(agent),
        until=lambda: any(m["type"] == "prompt" for m in told) or len(peaks) > 300,
    )
    assert call_id.startswith("mic-")
    assert of(told, "prompt")[0]["title"] == "直接说不知道"
    assert max(peaks) > 0.1
    assert told[-1]["type"] == "ended"


def test_a_device_that_knows_no_16_khz_is_heard_at_its_own_rate(
    server: Server, tmp_path: Path
) -> None:
    peaks: list[float] = []
    listen(
        url=server.ws,
        settings=settings_for(tmp_path),
        agent_device=HIFI,
        level=lambda agent, customer: peaks.append(agent),
        until=lambda: len(peaks) > 100,
    )
    assert max(peaks) == pytest.approx(np.abs(SPEECH).max(), rel=0.3)


def test_a_server_that_reads_nothing_does_not_hold_up_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "LAST_WORDS_S", 0.5)
    server = serving_nobody()

    async def interrupted() -> None:
        """As Ctrl-C does it, in the middle of a send that waits for the server to read."""
        inputs: Any = SimpleNamespace(next=lambda: np.zeros(1 << 20, np.float32))
        sending = asyncio.Event()
        feeding = asyncio.create_task(
            microphone._feed(
                server.url,
                "",
                [inputs],
                lambda message: None,
                lambda *peaks: sending.set(),
                lambda: False,
            )
        )
        await asyncio.wait_for(sending.wait(), 60)
        feeding.cancel()
        await asyncio.wait_for(feeding, 60)

    with server, pytest.raises(ServerGone, match=r"did not tell within 0\.5 s"):
        asyncio.run(interrupted())


def test_a_refusal_is_told_as_one(server: Server, tmp_path: Path) -> None:
    with pytest.raises(ServerRefused, match="no JSON Web Token"):
        listen(url=server.ws, settings=settings_for(tmp_path), token="made-elsewhere")


class serving_nobody:
    """Takes a connection and then reads nothing of it."""

    def __enter__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        assert self._up.wait(60)

    def __exit__(self, *caught: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self._loop.close()

    def __init__(self) -> None:
        self._port = free_port()
        self._up = threading.Event()
        self.url = f"ws://127.0.0.1:{self._port}"

    async def _run(self) -> None:
        async def nothing(connection: ServerConnection) -> None:
            connection.transport.pause_reading()
            await self._stop.wait()
            connection.transport.abort()

        async with serve(nothing, "127.0.0.1", self._port):
            self._up.set()
            await self._stop.wait()


def test_a_device_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(MicrophoneMissing, match=r"input nothing .* --devices"):
        listen(url="ws://x", settings=settings_for(tmp_path), agent_device=NOTHING)


@pytest.mark.parametrize(
    ("error", "says"),
    [(ImportError("no"), r"pip install 'qa-engine\[mic\]'"), (OSError("no"), "libportaudio2")],
    ids=["no library", "no PortAudio"],
)
def test_what_is_missing_is_told_with_how_to_get_it(
    error: Exception, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def failing(name: str, *args: Any, **more: Any) -> Any:
        if name == "sounddevice":
            raise error
        return real(name, *args, **more)

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(builtins, "__import__", failing)
    with pytest.raises(MicrophoneMissing, match=says):
        devices()


@pytest.mark.parametrize(("peak", "bars"), [(0.0, 0), (1.0, 24), (0.0625, 12)])
def test_the_meter_is_in_decibels(peak: float, bars: int) -> None:
    assert meter(peak).count("█") == bars
    assert np.isfinite(peak)


def test_a_sound_system_that_does_not_let_go_holds_up_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(microphone, "CLOSE_S", 0.05)
    forgotten: list[object] = []
    monkeypatch.setattr(atexit, "unregister", forgotten.append)
    stuck, sound = threading.Event(), SimpleNamespace(_exit_handler=lambda: None)
    inputs: Any = [SimpleNamespace(close=lambda: stuck.wait(60))]
    with caplog.at_level(logging.WARNING):
        microphone._close(inputs, sound)
    stuck.set()
    assert "does not give its devices back" in caplog.text
    assert forgotten == [sound._exit_handler]


def test_a_sound_system_that_does_not_end_keeps_no_process_from_its_end() -> None:
    """The library ends it at the exit, where nobody else could be in time for it."""
    code = """
import atexit, threading, types
from api.clients import microphone
microphone.CLOSE_S = 0.1
sound = types.SimpleNamespace(_exit_handler=lambda: threading.Event().wait())
atexit.register(sound._exit_handler)
microphone._close([], sound)
print("ended")
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "ended")


def test_devices_that_are_given_back_are_given_back_at_once() -> None:
    closed: list[str] = []
    inputs: Any = [SimpleNamespace(close=lambda name=name: closed.append(name)) for name in "ab"]
    microphone._close(inputs, SimpleNamespace())
    assert closed == ["a", "b"]
