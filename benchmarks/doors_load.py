"""Does each door carry 8 calls at once for minutes, one of them killed, and lose or invent nothing?

Bundled calls, two in a row each, are sent in real time through every door by its test client into
one server process with nano_zh. One call of each door is cut off on the network after 40 s and
begun again after 2 s under the same id. Told of each door: whether every call ended as it should,
whether its account adds up, and whether its confirmed hits and its steps are those of `analyze` of
the same sound (of the killed call, and of doors with a connection for each speaker: of the sound
that the server kept of it; of words: of the same words in a file).

    python -m benchmarks.doors_load [--doors freeswitch twilio …] [--calls 8] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import tempfile
import time
import urllib.request
import wave
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import SecretStr
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.analyzer import Analyzer
from api.auth import Right
from api.clients.doors.trial import DoorTrial
from api.clients.doors.trying import CLIENTS, DEMO_ROLES
from api.clients.recording import LineAudio
from api.live.wire_audio import Encoding, WireAudio, WireFormat
from api.settings import Settings
from api.transcripts.analyzer import TranscriptAnalyzer
from benchmarks.live_line import DEMO, SECRET, Server, machine, recordings
from qa_engine.events import Role

DOORS = ("freeswitch", "asterisk", "audiohook", "twilio", "funasr", "transcripts")
OF_WORDS = frozenset({"transcripts"})
"""Their sender is the recogniser: the words of one bundled call at half speed."""
OF_LEGS = frozenset({"asterisk", "funasr"})
"""Each speaker comes by a connection of his own, placed by the clock: judged by what was kept."""
KILL_S, AWAY_S = 40.0, 2.0
NAMES = ("forbidden", "complaint", "good", "hold_transfer")


@dataclass(slots=True)
class Line:
    """One call of the run: what was sent, and what was told of it."""

    name: str
    trial: DoorTrial
    killed: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--doors", nargs="*", default=list(DOORS))
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, Any] = machine() | {"calls": options.calls, "doors": {}}
    if options.json and options.json.is_file():
        # Doors may be measured one by one.
        result["doors"] = json.loads(options.json.read_text("utf-8"))["doors"]
    with tempfile.TemporaryDirectory() as folder:
        shelf = Path(folder) / "shelf"
        server = Server(keep_sound=str(shelf), max_frame_bytes="262144")
        judge = Judge(Path(folder), shelf, server)
        try:
            for door in options.doors:
                row = measure(server, judge, door, options.calls, options.speed)
                result["doors"][door] = row
                print(door, json.dumps(row, ensure_ascii=False), flush=True)
                if options.json:
                    options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")
        finally:
            server.stop()


def measure(server: Server, judge: Judge, door: str, calls: int, speed: float) -> dict[str, Any]:
    lines = asyncio.run(_run(server, door, calls, speed))
    exact = [line for line in lines if adds_up(line)]
    same = [line for line in lines if last(line, "ended") and judge.same(line, door)]
    killed = next((line for line in lines if line.killed), None)
    lag = [stats["lag"]["p95_ms"] for line in lines if (stats := last(line, "stats")).get("lag")]
    return {
        "ended_closed": sum(last(line, "ended").get("reason") == "closed" for line in lines),
        "account_exact": len(exact),
        "same_hits_and_steps": len(same),
        "hits": sum(len(hits(line)) for line in lines),
        "minutes": round(sum(last(line, "ended").get("duration_ms", 0) for line in lines) / 6e4, 1),
        "killed_gap_ms": last(killed, "stats").get("dropped_ms", {}) if killed else None,
        "prompt_lag_p95_ms": max(lag, default=None),
        "errors": [line.error for line in lines if line.error],
    }


async def _run(server: Server, door: str, calls: int, speed: float) -> list[Line]:
    lines = [_line(server, door, number, speed) for number in range(calls)]
    lines[-1].killed = True
    async with asyncio.TaskGroup() as group:
        for number, line in enumerate(lines):
            group.create_task(_one(server, door, line, number * 0.5))
    return lines


def _line(server: Server, door: str, number: int, speed: float) -> Line:
    # Never the same twice: what is said again word for word is taken for an announcement.
    name = NAMES[number % len(NAMES)]
    then = NAMES[(number + 1 + number // len(NAMES)) % len(NAMES)]
    of_words = door in OF_WORDS
    parts = [name] if of_words else [name, then]
    call_id = f"{door}-{number}-{int(time.time())}"
    trial = DoorTrial(
        url=server.ws,
        token=server.tokens.mint(call_id, Right.FEED),
        call_id=call_id,
        agent=f"{1001 + number}",
        roles=DEMO_ROLES,
        speed=speed / 2 if of_words else speed,
        recording=name,
        audio=joined(parts, CLIENTS[door].encoding),
        settings=Settings(data_dir=Path("/nonexistent"), secret=SecretStr(SECRET)),
    )
    return Line("+".join(parts), trial)


def joined(names: list[str], encoding: Encoding) -> LineAudio:
    """Bundled calls one after the other, as a line sends them."""
    parts = [one.audio for name in names for one in recordings([name], encoding)]
    return LineAudio(parts[0].format, b"".join(part.data for part in parts))


async def _one(server: Server, door: str, line: Line, after_s: float) -> None:
    await asyncio.sleep(after_s)
    watching = asyncio.create_task(_watch(server, line))
    client = CLIENTS[door].client
    try:
        if line.killed:
            await _cut(client, line.trial, all_again=door in OF_WORDS)
        else:
            await client(line.trial)
        await asyncio.wait_for(watching, 120)
    except Exception as error:
        line.error = f"{type(error).__name__}: {error}"[:200]
        watching.cancel()


async def _cut(client: Any, trial: DoorTrial, *, all_again: bool) -> None:
    """Through a relay that dies; then the rest, from where the call is by the clock.

    `all_again`: its sender says everything again, as one of words may.
    """
    relay = Relay(trial.url)
    began_s = time.monotonic()
    sending = asyncio.create_task(client(replace(trial, url=await relay.open())))
    await asyncio.sleep(KILL_S / trial.speed)
    relay.kill()
    with suppress(ConnectionClosed, OSError):
        await sending
    await asyncio.sleep(AWAY_S)
    if all_again:
        await client(trial)
        return
    gone_ms = round((time.monotonic() - began_s) * 1_000 * trial.speed)
    rest = LineAudio(trial.audio.format, trial.audio.data[trial.audio.at(gone_ms) :])
    await client(replace(trial, audio=rest))


class Relay:
    """A way to the server that can be cut."""

    def __init__(self, url: str) -> None:
        self._port = int(url.rsplit(":", 1)[1])
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"ws://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def kill(self) -> None:
        """As a router does that loses its power: nobody says goodbye."""
        for writer in self._writers:
            writer.transport.abort()
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers += [writer, back]
        for source, target in ((reader, back), (there, writer)):
            task = asyncio.create_task(_pour(source, target))
            self._tasks.add(task)


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            target.write(data)
            await target.drain()


async def _watch(server: Server, line: Line) -> None:
    url = f"{server.ws}/v1/calls/{line.trial.call_id}/events"
    headers = {"Authorization": f"Bearer {server.tokens.mint('*', Right.SUPERVISE)}"}
    async with connect(url, additional_headers=headers, compression=None) as socket:
        async for text in socket:
            message = json.loads(text)
            line.messages.append(message)
            if message["type"] == "ended":
                return


def last(line: Line | None, kind: str) -> dict[str, Any]:
    found = [m for m in (line.messages if line else []) if m["type"] == kind]
    return found[-1] if found else {}


def adds_up(line: Line) -> bool:
    """received = silent + decoded + coalesced + dropped + pending, and it is the whole call."""
    stats, ended = last(line, "stats"), last(line, "ended")
    if not stats or not ended:
        return False
    settled = sum(stats[name] for name in ("silent_ms", "decoded_ms", "coalesced_ms", "pending_ms"))
    settled += sum(stats["dropped_ms"].values())
    whole_ms = ended["duration_ms"] * (2 if stats["received_ms"] else 0)
    return settled == stats["received_ms"] and abs(stats["received_ms"] - whole_ms) <= 2


def hits(line: Line) -> Counter[tuple[str, str]]:
    """Confirmed and not taken back."""
    standing: dict[str, tuple[str, str]] = {}
    for message in line.messages:
        if message["type"] == "hit":
            standing.pop(message["hit"]["id"], None)
            if message["state"] == "confirmed":
                standing[message["hit"]["id"]] = (message["hit"]["rule"], message["hit"]["quote"])
    return Counter(standing.values())


class Judge:
    """What `analyze` makes of the same."""

    def __init__(self, folder: Path, shelf: Path, server: Server) -> None:
        self._folder, self._shelf, self._server = folder, shelf, server
        self._sound = Analyzer(threads=1)
        self._words = TranscriptAnalyzer()
        self._known: dict[str, dict[str, Any]] = {}

    def same(self, line: Line, door: str) -> bool:
        """Whether hits and steps are those of the same sound or words."""
        asked = self._words_of(line) if door in OF_WORDS else self._heard(line, door)
        expected = Counter((hit["rule"], hit["quote"]) for hit in asked["hits"])
        steps = {step["id"]: step["state"] for step in asked["steps"]}
        told = self._report(line)
        mine = {step["id"]: step["state"] for step in told["steps"]}
        if hits(line) != expected or mine != steps:
            missing, more = expected - hits(line), hits(line) - expected
            other = {
                name: (steps[name], mine.get(name))
                for name in steps
                if steps[name] != mine.get(name)
            }
            print(
                "differs",
                line.trial.call_id,
                line.name,
                dict(missing),
                dict(more),
                other,
                flush=True,
            )
            return False
        return True

    def _heard(self, line: Line, door: str) -> dict[str, Any]:
        if line.killed or door in OF_LEGS:
            return self._analyzed(self._kept(line), last(line, "opened")["roles"])
        # What G.711 leaves of a call is another sound than L16.
        sound = f"{line.name} {line.trial.audio.format.encoding.value}"
        if sound not in self._known:
            path = self._folder / f"{hashlib.sha256(sound.encode()).hexdigest()[:12]}.wav"
            _write(path, line.trial.audio)
            self._known[sound] = self._analyzed(path, DEMO_ROLES)
        return self._known[sound]

    def _kept(self, line: Line) -> Path:
        """The recording that the server has of the call, once it is filed."""
        for _ in range(100):
            report = self._report(line)
            digest = self._digest(line.trial.call_id)
            if digest:
                return self._shelf / digest[:2] / digest
            time.sleep(0.2)
        raise RuntimeError(f"call {report['call']['id']} was not filed with its sound")

    def _digest(self, call_id: str) -> str:
        from sqlalchemy import select

        from api.store import Store
        from api.store.tables import calls

        store = Store.open(str(Path(self._server.data_dir) / "calls.db"))
        with store.reading() as connection:
            found = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id))
        store.close()
        return found or ""

    def _analyzed(self, path: Path, roles: Sequence[str]) -> dict[str, Any]:
        report = self._sound.analyze(path, roles=tuple(Role(name) for name in roles))
        told: dict[str, Any] = json.loads(report.to_json())
        return told

    def _words_of(self, line: Line) -> dict[str, Any]:
        truth = json.loads((DEMO / f"{line.trial.recording}.truth.json").read_text("utf-8"))
        rows = [
            {name: one[name] for name in ("role", "text", "begin_ms", "end_ms")}
            for one in truth["utterances"]
        ]
        path = self._folder / f"{line.trial.recording}.json"
        path.write_text(json.dumps(rows, ensure_ascii=False), "utf-8")
        # The sound beside it tells how long the call lasted, as the door is told.
        path.with_suffix(".flac").write_bytes((DEMO / f"{line.trial.recording}.flac").read_bytes())
        told: dict[str, Any] = json.loads(self._words.analyze(path).to_json())
        return told

    def _report(self, line: Line) -> dict[str, Any]:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self._server.port}/v1/calls/{line.trial.call_id}/report",
            headers={"Authorization": f"Bearer {self._server.tokens.mint('*', Right.SUPERVISE)}"},
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told


def _write(path: Path, audio: LineAudio) -> None:
    """What the line carried, as a WAV of its own rate."""
    wire = audio.format
    plain = WireFormat(encoding=wire.encoding, sample_rate=16_000, channels=wire.channels)
    # At 16 kHz nothing is resampled: this only decodes.
    decoder = WireAudio(plain)
    samples = np.concatenate([decoder.push(audio.data), decoder.close()], axis=1)
    pcm = np.clip(np.rint(samples.T * 32_768), -32_768, 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(wire.channels)
        file.setsampwidth(2)
        file.setframerate(wire.sample_rate)
        file.writeframes(pcm.tobytes())


if __name__ == "__main__":
    main()
