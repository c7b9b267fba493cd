"""Whether a call of `doors_load.py` came to what `analyze` makes of the same. Not a benchmark."""

from __future__ import annotations

import json
import time
import urllib.request
import wave
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from api.analyzer import Analyzer
from api.auth import Right
from api.clients.doors.trial import DoorTrial
from api.clients.recording import LineAudio
from api.live.wire_audio import WireAudio, WireFormat
from api.transcripts.analyzer import TranscriptAnalyzer
from benchmarks.live_line import Server
from qa_engine.events import Role

ROLES = ("agent", "customer")


@dataclass(slots=True)
class Line:
    """One call of the run: what was sent, and what was told of it."""

    name: str
    trial: DoorTrial
    killed: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""


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
    """`of_words`: the line sent its words. `as_kept`: judged by the sound that the server has."""

    def __init__(self, folder: Path, kept: Path, server: Server) -> None:
        self._folder, self._shelf, self._server = folder, kept, server
        self._sound = Analyzer(threads=1)
        self._words = TranscriptAnalyzer()
        self._known: dict[str, dict[str, Any]] = {}

    def same(self, line: Line, *, of_words: bool, as_kept: bool) -> bool:
        """Whether hits and steps are those of the same sound or words."""
        if of_words:
            asked = self._words_of(line)
        elif as_kept:
            asked = self._analyzed(self._kept(line), last(line, "opened")["roles"])
        else:
            asked = self._heard(line)
        expected = Counter((hit["rule"], hit["quote"]) for hit in asked["hits"])
        steps = {step["id"]: step["state"] for step in asked["steps"]}
        mine = {step["id"]: step["state"] for step in self._report(line)["steps"]}
        if hits(line) == expected and mine == steps:
            return True
        missing, more = expected - hits(line), hits(line) - expected
        other = {name: (steps[name], mine.get(name)) for name in steps if steps[name] != mine[name]}
        print(
            "differs", line.trial.call_id, line.name, dict(missing), dict(more), other, flush=True
        )
        return False

    def _heard(self, line: Line) -> dict[str, Any]:
        if line.name not in self._known:
            path = self._folder / f"{line.name}.wav"
            _write(path, line.trial.audio)
            self._known[line.name] = self._analyzed(path, ROLES)
        return self._known[line.name]

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
        path = self._folder / f"{line.name}.json"
        path.write_text(json.dumps(line.trial.said, ensure_ascii=False), "utf-8")
        # The sound beside it tells how long the call lasted, as the door is told.
        _write(path.with_suffix(".wav"), line.trial.audio)
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
