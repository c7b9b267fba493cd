"""Does a server lose anything while everything around it breaks?

Calls of known sentences (square waves, read back without a model, so that what must be heard is
known to the character) are fed into a real server process, several at once, by our own feeder, and
each has one who watches. Every `--every` seconds of wall time comes a fault; each of them once in
an order shuffled with `--seed`, and then all of them again:

    kill, kill_twice        kill -9 and a new start, once or again while it starts
    stop                    SIGTERM, a drain of 5 s, and a new start
    dead_log, dead_recognition   a thread of the server dies, and an operator starts it anew
    cut, half_open          every feeder's connection breaks; the server is told of it, or is not
    paused                  no feeder sends for longer than `idle_s`
    locked                  another process holds the store for 35 s
    full                    the disk of the data directory is full for 12 s (a tmpfs; needs root)
    second                  other servers start on the same directory, and on the same port
    far_ahead               feeders claim to be ten hours ahead of what was heard
    abuse                   a body without a length, half a character in a token, a huge frame
    deserted                feeders that never come back, and one with nothing to send

The last `--calm` of the audio has only those that leave the process alive, so that its memory can
be seen over a longer life.

A call passes when it ended as `closed`, told exactly its sentences and its hits, each message once
and in order and the same to its feeder and to one who watches, and its account adds up to its
length. One that ran while a thread died may end as `failed`. At the end the store must have every
call, with the reason why it was not judged, if it was not.

    python -m benchmarks.chaos_soak [--hours 16] [--minutes 90] [--speed 3] [--seed 1] [--json FILE]

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
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression
from typing import Any

from benchmarks.chaos_calls import Calls, Wire, breakable, callers
from benchmarks.chaos_faults import ENDS_THE_PROCESS, Faults
from benchmarks.chaos_server import ServerProcess

DISK_MB = 160
SAMPLE_S = 15.0
FILED_WITHIN_S = 400
WARM_MIN = 2.0


@dataclass(slots=True)
class Course:
    """How the run went. `memory`: [minute of the run, life of the server, resident MB, calls]."""

    began_s: float = field(default_factory=time.monotonic)
    faults: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[float, int, float, int]] = field(default_factory=list)

    def minute(self) -> float:
        return round((time.monotonic() - self.began_s) / 60, 2)


async def chaos(
    faults: Faults,
    rng: random.Random,
    until: Callable[[], bool],
    is_calm: Callable[[], bool],
    every_s: float,
    calls: Calls,
    course: Course,
) -> None:
    """A fault every so often; one that takes longer delays the next."""
    next_s = time.monotonic() + every_s
    deck: list[str] = []
    shown = 0
    while not until():
        await asyncio.sleep(max(0.0, next_s - time.monotonic()))
        next_s = max(next_s, time.monotonic()) + every_s
        if is_calm():
            deck = [name for name in deck if name not in ENDS_THE_PROCESS]
        if not deck:
            deck = [n for n in faults.by_name if not (is_calm() and n in ENDS_THE_PROCESS)]
            rng.shuffle(deck)
        name = deck.pop()
        told = f"{calls.ended} calls, {calls.audio_s / 3_600:.1f} h, {len(calls.wrong)} wrong"
        print(f"{time.strftime('%H:%M:%S')} {name}; {told}", flush=True)
        try:
            await faults.inflict(name)
        except Exception as error:
            calls.wrong.append(f"fault {name}: {type(error).__name__}: {error}")
        course.faults[name] += 1
        for wrong in calls.wrong[shown:]:
            print(f"  wrong: {wrong}", flush=True)
        shown = len(calls.wrong)


async def weigh(server: ServerProcess, calls: Calls, course: Course) -> None:
    while True:
        await asyncio.sleep(SAMPLE_S)
        course.memory.append((course.minute(), server.lives, server.rss_mb(), calls.ended))


def not_filed(folder: Path, calls: Calls) -> list[str]:
    """What the store has not, or has under another reason."""
    with contextlib.closing(sqlite3.connect(folder / "data" / "calls.db")) as store:
        has = dict(store.execute("SELECT id, unjudgeable FROM calls").fetchall())
    return [
        f"{name}: filed as {has[name]!r}, not {sorted(reasons)}" if name in has else f"{name}: no"
        for name, reasons in calls.to_file.items()
        if (has.get(name) if has.get(name) != "none" else "") not in reasons
    ]


async def soak(folder: Path, can_fill: bool, asked: argparse.Namespace) -> dict[str, Any]:
    server, wire, calls, course = ServerProcess(folder), Wire(), Calls(), Course()
    end_s = time.monotonic() + asked.minutes * 60
    rng = random.Random(asked.seed)
    faults = Faults(server, wire, calls, random.Random(rng.random()), can_fill=can_fill)
    for name in set(faults.by_name) - set(asked.only) if asked.only else ():
        del faults.by_name[name]

    def until() -> bool:
        return time.monotonic() >= end_s or calls.audio_s >= asked.hours * 3_600

    def is_calm() -> bool:
        return bool(calls.audio_s >= asked.hours * 3_600 * (1 - asked.calm))

    await faults.ready()
    weighing = asyncio.create_task(weigh(server, calls, course))
    async with breakable(wire), asyncio.TaskGroup() as group:
        drawn = random.Random(rng.random())
        group.create_task(chaos(faults, drawn, until, is_calm, asked.every, calls, course))
        for _ in range(asked.calls):
            own = random.Random(rng.random())
            group.create_task(callers(server.port, asked.speed, own, until, calls))
    wall_min = course.minute()
    await faults.ready()
    missing = not_filed(folder, calls)
    for _ in range(FILED_WITHIN_S // 2):
        if not missing:
            break
        await asyncio.sleep(2.0)
        missing = not_filed(folder, calls)
    weighing.cancel()
    server.signal(signal.SIGTERM)
    await asyncio.to_thread(server.wait)
    return {
        "seed": asked.seed,
        "speed": asked.speed,
        "calls_at_a_time": asked.calls,
        "wall_minutes": wall_min,
        "audio_hours": round(calls.audio_s / 3_600, 2),
        "calls": calls.ended,
        "ended_as": dict(calls.reasons),
        "messages": calls.messages,
        "confirmed_hits": calls.confirmed,
        "faults": dict(course.faults),
        "lives_of_the_server": server.lives,
        "reconnections": calls.reconnections,
        "filed": len(calls.to_file) - len(missing),
        "wrong": calls.wrong,
        "not_filed": missing,
        "memory_mb": _lives(course),
        "memory_curve": course.memory,
    }


def _lives(course: Course) -> dict[str, Any]:
    """Of the life that lasted longest, once it was warm: at the start, the middle and the end.

    `mb_an_hour`: how fast it rose (least squares) in the first and in the second half of that life.
    """
    lasted = Counter(life for _, life, *_ in course.memory).most_common(1)
    if not lasted:
        return {}
    curve = [(minute, mb) for minute, life, mb, _ in course.memory if life == lasted[0][0]]
    curve = [one for one in curve if one[0] >= curve[0][0] + WARM_MIN] or curve
    middle = len(curve) // 2
    return {
        "mb_an_hour": [_slope(curve[:middle]), _slope(curve[middle:])],
        "minutes": round(curve[-1][0] - curve[0][0], 1),
        "first": curve[0][1],
        "middle": curve[middle][1],
        "last": curve[-1][1],
        "most": max(mb for _, mb in curve),
        "most_of_any_life": max(mb for _, _, mb, _ in course.memory),
    }


def _slope(curve: list[tuple[float, float]]) -> float | None:
    if len(curve) < 2:
        return None
    minutes, mbs = zip(*curve, strict=True)
    return round(60 * linear_regression(minutes, mbs).slope, 1)


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=float, default=16.0)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--calls", type=int, default=8)
    parser.add_argument("--every", type=float, default=60.0)
    parser.add_argument("--speed", type=float, default=3.0)
    parser.add_argument("--calm", type=float, default=0.35)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help="none but these faults")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--log", type=Path, help="keep the server's log here")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "disk"
        folder.mkdir()
        with disk(folder) as can_fill:
            told = asyncio.run(soak(folder, can_fill, asked))
        log = (Path(base) / "server.log").read_text("utf-8", errors="replace")
    told["tracebacks"] = log.count("Traceback")
    told["ended_by_bars"] = {"wrong": len(told["wrong"]), "not_filed": len(told["not_filed"])}
    shown = json.dumps(told, ensure_ascii=False)
    print(shown)
    if asked.log:
        asked.log.write_text(log, "utf-8")
    if asked.json:
        asked.json.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
