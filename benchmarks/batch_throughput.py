"""What does quality assurance cost on top of recognition? Recordings per second, with and without.

    python -m benchmarks.batch_throughput FOLDER [--generate 500] [--limit 500] [--turn 10]

Corpus: the *.flac in FOLDER, two-channel telephone calls of about a minute in the recipe's held-out
voices; `--generate N` makes what is missing of N first.

Two ways over the same recordings, each as its own command with two worker processes:

- batch: `qa-engine batch FOLDER --out …` as people run it, from the start of the command to the
  written workbook, pages and summary;
- alone: `benchmarks.recogniser_alone`: read, find the speech, recognise it, write the text; the
  same model, windows, batches, processes and threads, and nothing else.

They run in one go by turns of `--turn` seconds, one stopped while the other works, so that both
meet the same noise. `ratio` is the batch's audio per processor second over the recogniser's (all
processes of each command, starting and ending included), `ratio_wall` the same by the clock.
A third way, `everything`, recognises silence too (what a recogniser does that is given a file);
it is given the first `--of-everything` recordings only and is told as `ratio_everything`.
Memory is the largest resident memory of a worker at the end of each turn of the batch.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULT = Path(__file__).parent / "results" / "batch_throughput.json"
WORKERS = 2
_QA_ENGINE = "from api.cli import main; main()"


@dataclass(slots=True)
class Way:
    """One command: run by turns, stopped in between."""

    name: str
    command: list[str]
    folder: Path
    recordings: int
    wall_s: float = 0.0
    cpu_s: float = 0.0
    worker_mb: list[float] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None
    done: bool = False

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text("utf-8")

    def turn(self, seconds: float) -> None:
        """Work for so long, or until it is done."""
        began = time.perf_counter()
        if self.process is None:
            self.process = self._start()
        else:
            os.killpg(self.process.pid, signal.SIGCONT)
        while time.perf_counter() - began < seconds and not self.done:
            time.sleep(0.02)
            self._look()
        self.wall_s += time.perf_counter() - began
        if not self.done:
            self.worker_mb += largest_worker_mb(self.process.pid)
            os.killpg(self.process.pid, signal.SIGSTOP)

    def _start(self) -> subprocess.Popen[str]:
        with (self.folder / "said.txt").open("w") as said:
            return subprocess.Popen(self.command, stdout=said, text=True, start_new_session=True)

    def _look(self) -> None:
        assert self.process is not None
        pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
        if pid:
            if status:
                raise SystemExit(f"{self.name} failed; what it said is in {self.folder}/said.txt")
            # The workers are among it: their parent has waited for them.
            self.cpu_s = usage.ru_utime + usage.ru_stime
            self.done = True


def largest_worker_mb(leader: int) -> list[float]:
    """The resident memory of the largest worker of a process, in MB; none when all have gone."""
    sizes = []
    for children in Path(f"/proc/{leader}/task").glob("*/children"):
        for child in children.read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                pages = Path(f"/proc/{child}/statm").read_text().split()[1]
                sizes.append(int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return [max(sizes)] if sizes else []


def by_turns(ways: list[Way], seconds: float) -> None:
    """Until all are done; who goes first changes from round to round."""
    number = 0
    while working := [way for way in ways if not way.done]:
        for way in working if number % 2 else reversed(working):
            way.turn(seconds)
        number += 1
        told = (f"{way.name} {way.wall_s:.0f} s" for way in ways)
        print(", ".join(told), flush=True)


def linked(recordings: list[Path], folder: Path) -> Path:
    """A folder of just these."""
    folder.mkdir()
    for recording in recordings:
        (folder / recording.name).symlink_to(recording.absolute())
    return folder


def ways_over(recordings: list[Path], of_everything: int, scratch: Path) -> list[Way]:
    python = [sys.executable, "-m"]
    alone = [*python, "benchmarks.recogniser_alone"]
    source = str(linked(recordings, scratch / "recordings"))
    few = str(linked(recordings[:of_everything], scratch / "few"))
    count, workers = len(recordings), ["--workers", str(WORKERS)]
    ways = []
    for name, command, heard in (
        (
            "batch",
            [sys.executable, "-c", _QA_ENGINE, "batch", source, "--out", "OUT", *workers],
            count,
        ),
        ("alone", [*alone, source, "OUT", *workers], count),
        ("everything", [*alone, few, "OUT", *workers, "--everything"], of_everything),
    ):
        out = scratch / name
        out.mkdir()
        words = [str(out) if word == "OUT" else word for word in command]
        ways.append(Way(name, words, out, heard))
    return ways


def told(ways: list[Way]) -> dict[str, Any]:
    batch, alone, everything = ways
    if f"{batch.recordings} analysed, 0 duplicates, 0 failed" not in batch.said:
        raise SystemExit(f"not every recording was analysed: {batch.said}")
    seconds = {way.name: float(way.said) for way in (alone, everything)}
    seconds["batch"] = seconds["alone"]
    per_cpu = {way.name: seconds[way.name] / way.cpu_s for way in ways}
    sizes = batch.worker_mb
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "workers": WORKERS,
        "recordings": batch.recordings,
        "audio_hours": round(seconds["batch"] / 3600, 2),
        "audio_s_per_cpu_s": {name: round(speed, 1) for name, speed in per_cpu.items()},
        "audio_hours_an_hour": {way.name: round(seconds[way.name] / way.wall_s) for way in ways},
        "ratio": round(per_cpu["batch"] / per_cpu["alone"], 3),
        "ratio_wall": round(alone.wall_s / batch.wall_s, 3),
        "ratio_everything": round(per_cpu["batch"] / per_cpu["everything"], 3),
        "worker_mb": [round(size) for size in sizes],
        "worker_mb_last_over_second": round(sizes[-1] / sizes[1], 2) if len(sizes) > 2 else None,
    }


def generate(folder: Path, count: int) -> None:
    from benchmarks.generated_calls import make_call
    from models.training.calls import write_flac

    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(30_000, 30_000 + count):
        path = folder / f"{seed}.flac"
        if not path.exists():
            part = folder / f".{seed}.part"
            write_flac(make_call(seed)[1], part)
            part.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--generate", type=int, default=0)
    parser.add_argument("--limit", type=int, default=500)
    parser.add_argument("--of-everything", type=int, default=100)
    parser.add_argument("--turn", type=float, default=10.0)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    generate(options.folder, options.generate)
    recordings = sorted(options.folder.glob("*.flac"))[: options.limit]
    with tempfile.TemporaryDirectory() as scratch:
        ways = ways_over(recordings, options.of_everything, Path(scratch))
        try:
            by_turns(ways, options.turn)
        finally:
            for way in ways:
                if way.process is not None and not way.done:
                    os.killpg(way.process.pid, signal.SIGKILL)
        result = told(ways)
    print(json.dumps(result, indent=2))
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
