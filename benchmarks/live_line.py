"""What the live benchmarks share: a server in its own process, calls fed in real time, and when
each frame came back. Not a benchmark itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.auth import Right, Tokens
from api.clients.feeder import Fed, FeedPlan, feed
from api.clients.recording import LineAudio, line_audio
from api.live.wire_audio import Encoding

DEMO = Path(__file__).parent.parent / "api" / "demo"
SECRET = "only for benchmarks on this machine, 0123456789"
PORT = int(os.environ.get("BENCH_PORT", "18765"))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Something forbidden that is said; `end_ms` is the end of its last syllable."""

    source: str
    end_ms: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A demo call as a line sends it, and what is true of it."""

    name: str
    audio: LineAudio
    phrases: tuple[Phrase, ...]
    speech_ends_ms: tuple[int, ...]
    """Ends of all utterances."""
    text: str


@dataclass(slots=True)
class Trace:
    """One call: when it began and when each message came, monotonic seconds."""

    recording: Recording
    began_s: float = 0.0
    messages: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    refused: str = ""

    def lag_ms(self, wall_s: float, call_ms: int) -> float:
        """From when this moment of the call was spoken until `wall_s`."""
        return (wall_s - self.began_s) * 1_000 - call_ms


def recordings(names: Sequence[str] = (), encoding: Encoding = Encoding.MULAW) -> list[Recording]:
    """Demo calls by name, all of them by default."""
    paths = [DEMO / f"{name}.flac" for name in names] or sorted(DEMO.glob("*.flac"))
    return [_recording(path, encoding) for path in paths]


def _recording(path: Path, encoding: Encoding) -> Recording:
    truth = json.loads(path.with_suffix("").with_suffix(".truth.json").read_text("utf-8"))
    phrases = [phrase for said in truth["said"] for phrase in _spoken(said, truth["utterances"])]
    return Recording(
        path.stem,
        line_audio(path, encoding),
        tuple(phrases),
        tuple(utterance["end_ms"] for utterance in truth["utterances"]),
        "".join(utterance["text"] for utterance in truth["utterances"]),
    )


def _spoken(said: dict[str, str], utterances: list[dict[str, Any]]) -> list[Phrase]:
    """Where a phrase of the truth ends in time."""
    for utterance in utterances:
        characters = utterance["characters"]
        text = "".join(character["text"] for character in characters)
        at = text.find(said["text"])
        if utterance["role"] == said["role"] and at >= 0:
            last = characters[at + len(said["text"]) - 1]
            return [Phrase(said["source"], last["end_ms"])]
    return []


class Server:
    """`qa-engine serve` in its own process, with its own data."""

    def __init__(self, *, model: str | None = None, **settings: str) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.port = PORT
        environment = os.environ | {
            "QA_ENGINE_SECRET": SECRET,
            "QA_ENGINE_PORT": str(self.port),
            "QA_ENGINE_DATA_DIR": self._folder.name,
            "QA_ENGINE_CONNECTS_PER_MINUTE": "1000000",
            "OMP_NUM_THREADS": "1",
        }
        environment |= {f"QA_ENGINE_{name.upper()}": value for name, value in settings.items()}
        if model:
            environment["QA_ENGINE_MODEL"] = model
        code = "from api.serving import serve; from api.settings import Settings; serve(Settings())"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL
        )
        self.process = psutil.Process(self._process.pid)
        self.tokens = Tokens(SECRET)
        self._wait()

    def _wait(self) -> None:
        for _ in range(1_200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=1)
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("the server did not start within two minutes")

    @property
    def data_dir(self) -> Path:
        return Path(self._folder.name)

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def rss_mb(self) -> float:
        return float(self.process.memory_info().rss / 1e6)

    def metrics(self) -> str:
        url = f"http://127.0.0.1:{self.port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            return str(answer.read().decode())

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(40)
        self._folder.cleanup()


async def play(
    server: Server,
    chosen: Sequence[Recording],
    *,
    calls: int = 1,
    speed: float = 1.0,
    spread_s: float = 0.0,
    frame_ms: int = 40,
    prefix: str = "bench",
    right: Right = Right.WATCH,
) -> list[Trace]:
    """Feed `calls` calls at once, begun evenly over `spread_s`, each watched as by a sidebar
    (or, with `Right.SUPERVISE`, hits for the review queue included)."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(
                _one(server, chosen[number % len(chosen)], f"{prefix}-{number}",
                     number * spread_s / calls, speed, frame_ms, right)
            )
            for number in range(calls)
        ]  # fmt: skip
    return [task.result() for task in tasks]


async def _one(
    server: Server,
    recording: Recording,
    call_id: str,
    after_s: float,
    speed: float,
    frame_ms: int,
    right: Right,
) -> Trace:
    await asyncio.sleep(after_s)
    trace = Trace(recording)
    plan = FeedPlan(
        url=server.ws,
        token=server.tokens.mint(call_id, Right.FEED),
        call_id=call_id,
        speed=speed,
        frame_ms=frame_ms,
    )
    watching = asyncio.create_task(_watch(server, call_id, trace, right))
    try:
        fed: Fed = await feed(recording.audio, plan)
        first_ms, first_s = fed.sent_s[0]
        trace.began_s = first_s - first_ms / 1_000 / speed
        await asyncio.wait_for(watching, 30)
    except Exception as error:
        watching.cancel()
        trace.refused = str(error)
    return trace


async def _watch(server: Server, call_id: str, trace: Trace, right: Right) -> None:
    url = f"{server.ws}/v1/calls/{call_id}/events"
    whose = call_id if right is Right.WATCH else "*"
    headers = {"Authorization": f"Bearer {server.tokens.mint(whose, right)}"}
    async with connect(url, additional_headers=headers, compression=None) as socket:
        try:
            async for text in socket:
                now_s = time.monotonic()
                message = json.loads(text)
                trace.messages.append((now_s, message))
                if message["type"] == "ended":
                    return
        except ConnectionClosed:
            return


def machine() -> dict[str, Any]:
    """What every result carries."""
    return {
        "python": sys.version.split()[0],
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
    }
