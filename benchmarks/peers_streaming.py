"""Who commits sooner: we, WhisperLive, WhisperLiveKit or RealtimeSTT, with the same model?

The agent's side of demo calls is fed in real time at 16 kHz, one stream, one thread, int8, greedy
partials, to each in its own process and with the same nano_zh directory. A character counts as
committed when it first stands in the text that the system calls settled (ours: the stable prefix
and finals; WhisperLive: completed segments; WhisperLiveKit: committed text; RealtimeSTT:
stabilised text and finals) and is still there at the end; its lag runs from its last sound. Text
that vanishes for less than a tenth of a second, such as between two messages, was there. The
peers decode nano_zh in padded windows of 30 s, since they know no other; ours includes the QA.

Each peer lives in a venv of its own: pip install --no-deps whisper-live (and so on).

    python -m benchmarks.peers_streaming --venvs DIR [--calls forbidden good] [--json FILE]

DIR holds whisperlive/, whisperlivekit/ and realtimestt/.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import models
from api.clients.recording import LineAudio
from api.live.wire_audio import Encoding, WireFormat, encode
from benchmarks.live_lags import percentile
from benchmarks.live_line import DEMO, Recording, Server, machine, play
from models.recogniser import Samples
from qa_engine.audio import blocks
from qa_engine.prefix import common_prefix

NANO_ZH = Path(models.__file__).parent / "nano_zh"
PEERS = ("whisperlive", "whisperlivekit", "realtimestt")
RUNS = Path(__file__).parent / "peer_runs.py"
MARKS = frozenset("，。？！、；：“”‘’…—,.?!;: ")
BLINK_S = 0.1
Commit = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Said:
    """One character of the truth and when it had been said."""

    text: str
    end_ms: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--venvs", type=Path, required=True)
    parser.add_argument("--calls", nargs="*", default=["forbidden", "good"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for call in options.calls:
            audio, truth = agent_side(call)
            path = Path(folder) / f"{call}.f32"
            audio.tofile(path)
            rows.setdefault("qa-engine", []).append(ours(call, audio, truth))
            for peer in PEERS:
                python = options.venvs / peer / "bin" / "python"
                rows.setdefault(peer, []).append(theirs(peer, python, path, audio, truth))
    result = machine() | {name: joined(parts) for name, parts in rows.items()}
    table(result)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def agent_side(call: str) -> tuple[Samples, list[Said]]:
    """The agent's channel, and its characters without marks."""
    path = DEMO / f"{call}.flac"
    audio = np.concatenate([block[0] for block in blocks(path)])
    truth = json.loads((DEMO / f"{call}.truth.json").read_text("utf-8"))
    said = [
        Said(character["text"], character["end_ms"])
        for utterance in truth["utterances"]
        if utterance["role"] == "agent"
        for character in utterance["characters"]
        if character["text"] not in MARKS
    ]
    return audio, said


def ours(call: str, audio: Samples, truth: list[Said]) -> dict[str, Any]:
    """Our server, one mono line, everything on."""
    line = LineAudio(WireFormat(), encode(audio, Encoding.LINEAR16))
    server = Server()
    try:
        before_s = server.cpu_s()
        recording = Recording(call, line, (), (), "")
        (trace,) = asyncio.run(play(server, [recording], prefix="peer"))
        cpu_s = server.cpu_s() - before_s
    finally:
        server.stop()
    settled: dict[int, str] = {}
    commits: list[Commit] = []
    partials = 0
    for at_s, message in trace.messages:
        if message["type"] != "utterance":
            continue
        partials += 1
        said = message["utterance"]
        stable = len(said["text"]) if said["is_final"] else said["stable_chars"]
        settled[said["id"]] = said["text"][:stable]
        text = "".join(settled[number] for number in sorted(settled))
        commits.append((at_s - trace.began_s, text))
    return scored(commits, truth, cpu_s, audio, partials)


def theirs(
    peer: str, python: Path, path: Path, audio: Samples, truth: list[Said]
) -> dict[str, Any]:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [python, str(RUNS), peer, str(NANO_ZH), str(path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise RuntimeError(f"{peer} gave no result: {done.stderr[-500:]}")
    found = json.loads(lines[-1].removeprefix("RESULT "))
    commits = [(at_s, text) for at_s, text in found["commits"]]
    return scored(commits, truth, found["cpu_s"], audio, found["partials"])


def scored(
    commits: Sequence[Commit], truth: list[Said], cpu_s: float, audio: Samples, partials: int
) -> dict[str, Any]:
    heard = _plain(commits[-1][1]) if commits else ""
    settled_s = _settled(commits, heard)
    pairs, errors = aligned([said.text for said in truth], heard)
    lags = [settled_s[there] * 1_000 - truth[here].end_ms for here, there in pairs]
    last = max((here for here, _ in pairs), default=-1)
    return {
        "lags_ms": lags,
        "errors": errors,
        "characters": len(truth),
        "lost_tail": len(truth) - 1 - last,
        "cpu_s": cpu_s,
        "audio_s": len(audio) / 16_000,
        "updates": partials,
    }


def _plain(text: str) -> str:
    return "".join(character for character in text if character not in MARKS)


def _settled(commits: Sequence[Commit], heard: str) -> list[float]:
    """When each character of the last text came to stay."""
    times = [0.0] * len(heard)
    kept = len(heard)
    for at_s, text in reversed(_seen(commits)):
        kept = min(kept, common_prefix(_plain(text), heard))
        times[:kept] = [at_s] * kept
    return times


def _seen(commits: Sequence[Commit]) -> list[Commit]:
    """Without the steps back that were mended before an eye could see them."""
    seen: list[Commit] = []
    for at_s, text in commits:
        if len(seen) > 1 and at_s - seen[-1][0] < BLINK_S and len(seen[-1][1]) < len(seen[-2][1]):
            seen.pop()
        seen.append((at_s, text))
    return seen


def aligned(truth: Sequence[str], heard: str) -> tuple[list[tuple[int, int]], int]:
    """Characters that were heard right (truth index, heard index), and the edit distance."""
    rows, columns = len(truth) + 1, len(heard) + 1
    cost = np.zeros((rows, columns), np.int32)
    cost[:, 0], cost[0, :] = np.arange(rows), np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            change = cost[i - 1, j - 1] + (truth[i - 1] != heard[j - 1])
            cost[i, j] = min(change, cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    pairs: list[tuple[int, int]] = []
    i, j = rows - 1, columns - 1
    while i and j:
        same = truth[i - 1] == heard[j - 1]
        if cost[i, j] == cost[i - 1, j - 1] + (not same):
            i, j = i - 1, j - 1
            if same:
                pairs.append((i, j))
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return pairs[::-1], int(cost[-1, -1])


def joined(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """One system over all calls."""
    lags = [lag for part in parts for lag in part["lags_ms"]]
    audio_s = sum(part["audio_s"] for part in parts)
    return {
        "commit_lag_p50_ms": round(percentile(lags, 0.5)),
        "commit_lag_p95_ms": round(percentile(lags, 0.95)),
        "committed_right": len(lags),
        "cer": round(
            sum(part["errors"] for part in parts) / sum(part["characters"] for part in parts), 3
        ),
        "lost_tail_chars": sum(part["lost_tail"] for part in parts),
        "cpu_s_per_audio_s": round(sum(part["cpu_s"] for part in parts) / audio_s, 4),
        "updates": sum(part["updates"] for part in parts),
    }


def table(result: dict[str, Any]) -> None:
    print(
        f"{'':15} {'lag p50':>8} {'p95':>7} {'CER':>6} {'lost tail':>9} {'CPU/s':>7} {'updates':>7}"
    )
    for name in ("qa-engine", *PEERS):
        row = result[name]
        print(
            f"{name:15} {row['commit_lag_p50_ms']:>8} {row['commit_lag_p95_ms']:>7} "
            f"{row['cer']:>6.3f} {row['lost_tail_chars']:>9} {row['cpu_s_per_audio_s']:>7.3f} "
            f"{row['updates']:>7}"
        )


if __name__ == "__main__":
    main()
