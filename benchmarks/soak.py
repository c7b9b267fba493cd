"""Do two hours of calls leave anything behind, and does live find what batch finds?

Eight calls at once are fed at up to 20 times real time, each recording again and again, until
`--hours` of call time have gone by for each line. Watched: the server's memory (first against
last third), the accounts of every call to the millisecond, and that the confirmed hits of every
live call are those of `analyze` on the same file.

    python -m benchmarks.soak [--hours 2] [--calls 8] [--speed 20] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import models
import phrasebook
from api.auth import Right
from api.live.wire_audio import Encoding
from benchmarks.live_line import DEMO, Recording, Server, Trace, machine, play, recordings
from qa_engine.matching.matcher import Matcher
from qa_engine.offline import analyse_audio

NANO_ZH = Path(models.__file__).parent / "nano_zh"
Found = frozenset[tuple[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after so long")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    chosen = recordings(encoding=Encoding.LINEAR16)
    with tempfile.TemporaryDirectory() as folder:
        # A copy, so that weights replaced meanwhile are not taken for a difference.
        model = str(shutil.copytree(NANO_ZH, Path(folder) / "nano_zh"))
        expected = {recording.name: batch(recording, model) for recording in chosen}
        server = Server(model=model)
        try:
            result = machine() | soak(server, chosen, expected, options)
        finally:
            server.stop()
    print(json.dumps(result, indent=1, ensure_ascii=False))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


def soak(
    server: Server,
    chosen: list[Recording],
    expected: dict[str, Found],
    options: argparse.Namespace,
) -> dict[str, Any]:
    memory: list[float] = []
    calls = audio_ms = 0
    wrong_accounts, differing, failed = [], [], []
    began_s = time.monotonic()
    while audio_ms < options.hours * 3_600_000 * options.calls:
        if time.monotonic() - began_s > options.minutes * 60:
            break
        traces = asyncio.run(
            play(
                server,
                chosen,
                calls=options.calls,
                speed=options.speed,
                frame_ms=200,
                prefix=f"soak-{calls}",
                right=Right.SUPERVISE,
            )
        )
        for trace in traces:
            name = trace.recording.name
            audio_ms += trace.recording.audio.duration_ms
            if trace.refused or trace.messages[-1][1]["type"] != "ended":
                failed.append(trace.refused or name)
                continue
            if not adds_up(trace):
                wrong_accounts.append(name)
            if live(trace) != expected[name]:
                differing.append({"call": name, "live": sorted(live(trace))})
        calls += options.calls
        memory.append(server.rss_mb())
        print(
            f"{calls} calls, {audio_ms / 3.6e6:.2f} h, {memory[-1]:.0f} MB, accounts wrong "
            f"{len(wrong_accounts)}, differing {len(differing)}, failed {len(failed)}",
            flush=True,
        )
    third = max(len(memory) // 3, 1)
    return {
        "calls": calls,
        "audio_hours": round(audio_ms / 3.6e6, 2),
        "wall_minutes": round((time.monotonic() - began_s) / 60, 1),
        "rss_mb": [round(mb) for mb in memory[:: max(len(memory) // 20, 1)]],
        "rss_mb_first_third": round(sum(memory[:third]) / third, 1),
        "rss_mb_last_third": round(sum(memory[-third:]) / third, 1),
        "accounts_wrong": wrong_accounts,
        "live_differs_from_batch": differing,
        "failed": failed,
    }


def batch(recording: Recording, model: str) -> Found:
    """What `analyze` confirms in the file."""
    book = phrasebook.load(phrasebook.bundled())
    result = analyse_audio(
        DEMO / f"{recording.name}.flac",
        recogniser=models.open_recogniser(model, threads=1),
        phrasebook=book,
        matcher=Matcher(book),
    )
    return frozenset((hit.rule, hit.quote) for hit in result.analysis.hits)


def live(trace: Trace) -> Found:
    """What stands confirmed at the end of a live call."""
    standing: dict[str, tuple[str, str]] = {}
    for _, message in trace.messages:
        if message["type"] == "hit":
            hit = message["hit"]
            if message["state"] == "confirmed":
                standing[hit["id"]] = (hit["rule"], hit["quote"])
            elif message["state"] == "retracted":
                standing.pop(hit["id"], None)
    return frozenset(standing.values())


def adds_up(trace: Trace) -> bool:
    stats = [message for _, message in trace.messages if message["type"] == "stats"][-1]
    settled = stats["silent_ms"] + stats["decoded_ms"] + stats["coalesced_ms"]
    whole = settled + sum(stats["dropped_ms"].values()) + stats["pending_ms"]
    expected_ms = trace.recording.audio.duration_ms * trace.recording.audio.format.channels
    return bool(
        stats["pending_ms"] == 0
        and whole == stats["received_ms"]
        and abs(whole - expected_ms) <= 2 * trace.recording.audio.format.channels
    )


if __name__ == "__main__":
    main()
