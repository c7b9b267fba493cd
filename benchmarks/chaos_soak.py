"""Does a server lose anything while everything around it breaks?

Calls of known sentences (square waves, read back without a model, so that what must be heard is
known to the character) are fed faster than real time into a real server process, several at once,
by our own feeder. Every `--every` seconds of wall time a fault is drawn with `--seed`:

    kill        kill -9 and a new start              stop      SIGTERM and a new start
    cut         every feeder's connection is cut     locked    another process holds the store
    full        the disk of the data directory fills up (a tmpfs; needs root)
    second      a second server is started on the same directory and must be refused

A call passes when it ended as `closed`, told exactly its sentences and its hits, each message once
and in order, and its account adds up to its length. At the end every call must be in the store.

    python -m benchmarks.chaos_soak [--hours 16] [--minutes 10] [--seed 1] [--json FILE]

It stops after `--hours` of audio or `--minutes` of wall time, whichever comes first.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from api import logs
from api.auth import Right, Tokens
from api.clients import feeder
from api.clients.feeder import Fed, FeedPlan, feed
from api.clients.recording import LineAudio
from api.live.wire_audio import Encoding, WireFormat, encode
from api.server import create_app
from api.serving import LiveServer
from tests.api.live.servers import SECRET, settings_for
from tests.api.live.speech import CHAR_MS, SENTENCES, Line, record, scripted_hearing

FORBIDDEN = "这个我不知道"
CALL_MS = 60_000
DISK_MB = 48
SPEED = 20.0


@dataclass(slots=True)
class Found:
    """What a run came to."""

    calls: int = 0
    audio_s: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    not_filed: list[str] = field(default_factory=list)
    reconnections: int = 0
    rss_mb: list[int] = field(default_factory=list)
    gap_ms: int = 0


class Bench:
    """The server's process, its disk, and what is done to both."""

    def __init__(self, folder: Path, *, can_fill: bool) -> None:
        self.folder = folder
        self.can_fill = can_fill
        self.port = _free_port()
        self.cut = asyncio.Event()
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "benchmarks.chaos_soak", "--serve", str(self.folder)]
        with (self.folder.parent / "server.log").open("ab") as log:
            return subprocess.Popen([*command, str(self.port)], stderr=log, stdout=log)

    async def ready(self, within_s: float = 300.0) -> None:
        async with httpx.AsyncClient() as client, asyncio.timeout(within_s):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(f"http://127.0.0.1:{self.port}/readyz")
                    if answer.status_code == 200:
                        return
                await asyncio.sleep(0.2)

    def rss_mb(self) -> int:
        with contextlib.suppress(psutil.Error):
            return int(psutil.Process(self._process.pid).memory_info().rss // 2**20)
        return 0

    async def fault(self, name: str) -> None:
        await {
            "kill": self._kill,
            "stop": self._stop,
            "cut": self._cut,
            "locked": self._locked,
            "full": self._full,
            "second": self._second,
        }[name]()
        await self.ready()

    async def close(self) -> None:
        self._process.terminate()
        await asyncio.to_thread(self._process.wait, 60)

    async def _kill(self) -> None:
        self._process.kill()
        await self._again()

    async def _stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        await self._again()

    async def _again(self) -> None:
        await asyncio.to_thread(self._process.wait, 60)
        self._process = self._start()

    async def _cut(self) -> None:
        self.cut.set()
        await asyncio.sleep(0)
        self.cut = asyncio.Event()

    async def _locked(self) -> None:
        """Longer than the store waits for a lock."""
        with contextlib.closing(sqlite3.connect(self.folder / "data" / "calls.db")) as other:
            other.execute("BEGIN EXCLUSIVE")
            await asyncio.sleep(35.0)
            other.rollback()

    async def _full(self) -> None:
        filler = self.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb") as file:
            while True:
                file.write(bytes(65_536))
                file.flush()
        await asyncio.sleep(8.0)
        filler.unlink()

    async def _second(self) -> None:
        code = "import sys; from api.cli.app import run; sys.exit(run(['serve', '--port', '0']))"
        given = {"QA_ENGINE_DATA_DIR": str(self.folder / "data"), "QA_ENGINE_SECRET": SECRET}
        second = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env=os.environ | given, stderr=subprocess.DEVNULL
        )
        if await second.wait() != 2:
            raise AssertionError("a second server was not refused")


def script_of(rng: random.Random) -> list[Line]:
    """Sentences of both, one after the other, for a minute."""
    lines: list[Line] = []
    at_ms = 400
    while at_ms < CALL_MS - 6_000:
        text = rng.choice(SENTENCES)
        lines.append((rng.randrange(2), at_ms, text))
        at_ms += len(text) * CHAR_MS + rng.randrange(1_400, 3_000)
    return lines


def judge(call_id: str, lines: list[Line], fed: Fed) -> Iterator[str]:
    """What is wrong with a call."""
    kept = [m for m in fed.messages if m["type"] != "listening"]
    seqs = [m["seq"] for m in kept]
    if seqs != sorted(set(seqs)):
        yield f"{call_id}: messages out of order or twice"
    ended = fed.ended
    if ended is None or ended["reason"] != "closed":
        yield f"{call_id}: ended as {ended['reason'] if ended else 'nothing'}"
        return
    finals = [m["utterance"] for m in kept if m["type"] == "utterance" and _is_said(m)]
    heard = sorted((one["begin_ms"], one["channel"], one["text"]) for one in finals)
    if [(c, t) for _, c, t in heard] != [(c, t) for c, _, t in lines]:
        yield f"{call_id}: {len(heard)} sentences heard of {len(lines)}, or others"
    hits: dict[str, str] = {}
    for message in kept:
        hit = message.get("hit") if message["type"] == "hit" else None
        if hit and hit["rule"] == "dont-know" and (hit["decision"] == "kept" or hit["id"] in hits):
            hits[message["hit"]["id"]] = message["state"]
    expected = sum(channel == 0 and text == FORBIDDEN for channel, _, text in lines)
    confirmed = sum(state == "confirmed" for state in hits.values())
    if confirmed != expected or "provisional" in hits.values():
        yield f"{call_id}: hits {Counter(hits.values())}, {expected} expected"
    stats = [m for m in kept if m["type"] == "stats"][-1]
    settled = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"]
    settled += sum(stats["dropped_ms"].values())
    if (stats["received_ms"], settled, stats["pending_ms"]) != (2 * CALL_MS, 2 * CALL_MS, 0):
        yield f"{call_id}: {stats['received_ms']} ms received, {settled} ms settled"


def _is_said(message: dict[str, Any]) -> bool:
    return bool(message["utterance"]["is_final"] and message["utterance"]["text"])


async def callers(
    bench: Bench, rng: random.Random, until: Callable[[], bool], found: Found
) -> None:
    """One caller after the other."""
    tokens = Tokens(SECRET)
    while not until():
        call_id = f"soak-{rng.randrange(10**9)}"
        lines = script_of(rng)
        audio_format = WireFormat(channels=2, encoding=Encoding.MULAW, sample_rate=16_000)
        audio = LineAudio(audio_format, encode(record(lines, CALL_MS), Encoding.MULAW))
        plan = FeedPlan(
            url=f"ws://127.0.0.1:{bench.port}",
            token=tokens.mint(call_id, Right.FEED),
            call_id=call_id,
            speed=SPEED,
            frame_ms=200,
            events=True,
        )
        try:
            fed = await feed(audio, plan)
        except Exception as error:
            found.wrong.append(f"{call_id}: {type(error).__name__}: {error}")
            continue
        found.calls += 1
        found.audio_s += CALL_MS / 1_000
        found.reconnections += fed.connections - 1
        found.wrong += judge(call_id, lines, fed)
        found.not_filed.append(call_id)


async def chaos(
    bench: Bench, rng: random.Random, until: Callable[[], bool], every_s: float, found: Found
) -> None:
    names = ["kill", "stop", "cut", "locked", "second"] + ["full"] * bench.can_fill
    while not until():
        await asyncio.sleep(every_s)
        found.rss_mb.append(bench.rss_mb())
        name = rng.choice(names)
        print(f"{time.strftime('%H:%M:%S')} {name}; {found.calls} calls, {len(found.wrong)} wrong")
        await bench.fault(name)
        found.faults[name] += 1


async def filed(bench: Bench, found: Found, within_s: float = 400.0) -> None:
    """Strike out what the store has, until it has everything or time is up."""
    until_s = time.monotonic() + within_s
    while found.not_filed and time.monotonic() < until_s:
        with contextlib.closing(sqlite3.connect(bench.folder / "data" / "calls.db")) as store:
            has = {row[0] for row in store.execute("SELECT id FROM calls")}
        found.not_filed = [name for name in found.not_filed if name not in has]
        await asyncio.sleep(1.0)


@contextlib.asynccontextmanager
async def cut_by(bench: Bench) -> AsyncIterator[None]:
    """Lets `cut` break the feeders' connections from outside."""
    real: Any = vars(feeder)["connect"]

    class Cuttable(real):  # type: ignore[misc]
        async def __aenter__(self) -> Any:
            connection = await super().__aenter__()
            cut = bench.cut

            async def wait() -> None:
                await cut.wait()
                connection.transport.abort()

            self._cutter = asyncio.create_task(wait())
            return connection

        async def __aexit__(self, *caught: Any) -> None:
            self._cutter.cancel()
            await super().__aexit__(*caught)

    vars(feeder)["connect"] = Cuttable
    # On a busy machine a start alone may take a minute.
    feeder.FIRST_PATIENCE_S = feeder.PATIENCE_S = 600.0
    try:
        yield
    finally:
        vars(feeder)["connect"] = real


async def soak(bench: Bench, asked: argparse.Namespace) -> Found:
    found = Found()
    end_s = time.monotonic() + asked.minutes * 60

    def until() -> bool:
        return time.monotonic() >= end_s or found.audio_s >= asked.hours * 3_600

    await bench.ready()
    rng = random.Random(asked.seed)
    async with cut_by(bench), asyncio.TaskGroup() as group:
        group.create_task(chaos(bench, random.Random(rng.random()), until, asked.every, found))
        for _ in range(asked.calls):
            group.create_task(callers(bench, random.Random(rng.random()), until, found))
    await bench.ready()
    await filed(bench, found)
    await bench.close()
    return found


@contextlib.contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """A small file system of its own, where we may mount one; whether we may."""
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", folder], check=False
        ).returncode
    )
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=False)


def serve(folder: Path, port: int) -> None:
    settings = settings_for(folder, port=port, restart_s=1.0, log_days=0.0)
    logs.configure(settings)
    LiveServer(create_app(settings, hearing=scripted_hearing(folder)), settings).run()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=float, default=16.0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--every", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--serve", nargs=2, metavar=("DIR", "PORT"))
    asked = parser.parse_args()
    if asked.serve:
        serve(Path(asked.serve[0]), int(asked.serve[1]))
        return
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "disk"
        folder.mkdir()
        with disk(folder) as can_fill:
            found = asyncio.run(_run(folder, can_fill, asked))
        log = (Path(base) / "server.log").read_text("utf-8", errors="replace")
    told = {
        "seed": asked.seed,
        "calls": found.calls,
        "audio_hours": round(found.audio_s / 3_600, 2),
        "faults": dict(found.faults),
        "reconnections": found.reconnections,
        "wrong": found.wrong,
        "not_filed": found.not_filed,
        "rss_mb": {"first": found.rss_mb[:1], "most": max(found.rss_mb, default=0)},
        "tracebacks": log.count("Traceback"),
    }
    print(json.dumps(told, ensure_ascii=False, indent=2))
    if found.wrong or found.not_filed:
        print(log[-4_000:])
    if asked.json:
        asked.json.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", "utf-8")


async def _run(folder: Path, can_fill: bool, asked: argparse.Namespace) -> Found:
    return await soak(Bench(folder, can_fill=can_fill), asked)


if __name__ == "__main__":
    main()
