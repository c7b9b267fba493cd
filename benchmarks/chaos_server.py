"""The server's process of the chaos soak: our own server with a recogniser that needs no model.

`SIGUSR1` makes the thread that writes the log die, `SIGUSR2` the one that recognises: from outside
a thread cannot be killed, and what follows on its death is the real server's.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from api import logs
from api.live import log_writer
from api.server import create_app
from api.serving import LiveServer
from models.recogniser import Samples, Transcript
from tests.api.live.servers import settings_for
from tests.api.live.speech import ScriptedRecogniser, scripted_hearing

IDLE_S = 15.0
"""After so much silence of a feeder that is connected its call counts as lost."""
RESUME_S = 60.0
LOG_DAYS = 0.02
"""Half an hour: long enough for one who watches to come back, short enough for a small disk."""
DRAIN_S = 5.0


class Deadly(BaseException):
    """What no `except Exception` catches."""


class ServerProcess:
    """One life after the other of the server of a folder, on one port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.lives = 0
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def rss_mb(self) -> float:
        with contextlib.suppress(psutil.Error):
            return round(psutil.Process(self.pid).memory_info().rss / 2**20, 1)
        return 0.0

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> None:
        self._process.wait(60)

    def start(self) -> None:
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.lives += 1
        command = [sys.executable, "-m", "benchmarks.chaos_server", str(self.folder)]
        with (self.folder.parent / "server.log").open("ab") as log:
            return subprocess.Popen([*command, str(self.port)], stderr=log, stdout=log)


def serve(folder: Path, port: int) -> None:
    settings = settings_for(
        folder,
        port=port,
        restart_s=1.0,
        log_days=LOG_DAYS,
        idle_s=IDLE_S,
        resume_s=RESUME_S,
        drain_s=DRAIN_S,
        connects_per_minute=10_000,
    )
    logs.configure(settings)
    _mortal()
    LiveServer(create_app(settings, hearing=scripted_hearing(folder)), settings).run()


def _mortal() -> None:
    """The two threads die at their next piece of work after the signal."""
    doomed: set[str] = set()
    execute: Any = vars(log_writer)["_execute"]
    transcribe = ScriptedRecogniser.transcribe

    def execute_or_die(*given: Any) -> None:
        if "log" in doomed:
            raise Deadly
        execute(*given)

    def transcribe_or_die(
        self: ScriptedRecogniser,
        windows: Sequence[Samples],
        *,
        final: bool,
        hotwords: Sequence[str] = (),
    ) -> list[Transcript]:
        if "recognition" in doomed:
            raise Deadly
        return transcribe(self, windows, final=final, hotwords=hotwords)

    vars(log_writer)["_execute"] = execute_or_die
    setattr(ScriptedRecogniser, "transcribe", transcribe_or_die)  # noqa: B010
    signal.signal(signal.SIGUSR1, lambda *_: doomed.add("log"))
    signal.signal(signal.SIGUSR2, lambda *_: doomed.add("recognition"))


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    serve(Path(sys.argv[1]), int(sys.argv[2]))
