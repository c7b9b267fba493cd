"""What does quality assurance cost on top of recognition? Audio per second, with and without.

For slices of the recordings in turn, in one process and one run, so that both meet the same load:

- alone: the recogniser over everything, no QA: each channel cut into windows as long as the model
  takes, silence too, as many at once as it likes;
- batch: a worker of `qa-engine batch` from the file to the stored call: voice activity,
  endpointing, recognition, matching, steps, score, redaction, page, database.

    python -m benchmarks.batch_throughput FOLDER [--limit 500] [--slice 10] [--json FILE]

FOLDER holds two-channel recordings, for example generated ones (`python -m
benchmarks.batch_throughput FOLDER --generate 500` makes them first). `ratio` compares audio per
processor second, which a busy machine does not blur; `ratio_wall` compares the clock.
`recogniser_share` is how much of the batch's processor time is spent inside the recogniser.
The last result stands in `benchmarks/results/batch_throughput.json`.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from api.batch.ledger import State, file_facts
from api.batch.sources import Source
from api.batch.worker import Job, Task, Worker, open_analyzer
from models.recogniser import SAMPLE_RATE, Recogniser, Samples, Transcript
from qa_engine.audio.decode import blocks

RESULT = Path(__file__).parent / "results" / "batch_throughput.json"
_AT_ONCE = 32
"""Windows that the recogniser alone is given together."""


@dataclass(slots=True)
class Side:
    """One way of working: what it took."""

    cpu_s: float = 0.0
    wall_s: float = 0.0
    peaks_mb: list[float] = field(default_factory=list)

    def add(self, cpu_s: float, wall_s: float) -> None:
        self.cpu_s += cpu_s
        self.wall_s += wall_s
        self.peaks_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


class Counted:
    """A recogniser that notes the processor time spent in it."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self.cpu_s = 0.0
        self.audio_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recogniser, name)

    def transcribe(self, windows: Sequence[Samples], *, final: bool) -> list[Transcript]:
        began = time.process_time()
        heard = self._recogniser.transcribe(windows, final=final)
        self.cpu_s += time.process_time() - began
        self.audio_s += sum(len(window) for window in windows) / SAMPLE_RATE
        return heard


def batched(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    stream = iter(items)
    return iter(lambda: list(islice(stream, size)), [])


def alone(recogniser: Recogniser, recordings: Iterable[Path]) -> float:
    """Decode everything; seconds of call."""
    seconds = 0.0
    size = recogniser.max_window_ms * SAMPLE_RATE // 1000
    for recording in recordings:
        sound = np.concatenate(list(blocks(recording)), axis=1)
        seconds += sound.shape[1] / SAMPLE_RATE
        windows = [
            channel[at : at + size] for channel in sound for at in range(0, len(channel), size)
        ]
        for some in batched(windows, _AT_ONCE):
            recogniser.transcribe(list(some), final=True)
    return seconds


def with_qa(worker: Worker, recordings: Iterable[Path]) -> None:
    for recording in recordings:
        outcome = worker.judge(Task(Source(path=recording), file_facts(recording)))
        if outcome.state is not State.DONE:
            raise SystemExit(f"{recording}: {outcome.reason}")


def measure(recordings: Sequence[Path], slice_size: int, folder: Path) -> dict[str, Any]:
    job = Job(store=str(folder / "calls.db"), pages=folder / "pages")
    (folder / "pages").mkdir()
    analyzer = open_analyzer(job)
    counted = Counted(analyzer.recogniser)
    analyzer.recogniser = counted
    worker = Worker(Job(store=job.store, pages=job.pages, analyzer=lambda _job: analyzer))
    plain: Recogniser = counted._recogniser
    alone(plain, recordings[:1])
    sides = {"alone": Side(), "batch": Side()}
    seconds = 0.0
    for number, some in enumerate(batched(recordings, slice_size)):
        # Now one first, now the other, so that neither always finds the files in memory.
        for name in ("alone", "batch") if number % 2 else ("batch", "alone"):
            cpu, wall = time.process_time(), time.perf_counter()
            if name == "alone":
                seconds += alone(plain, some)
            else:
                with_qa(worker, some)
            sides[name].add(time.process_time() - cpu, time.perf_counter() - wall)
        print(f"{(number + 1) * slice_size}: {row(sides, seconds, counted)}", flush=True)
    worker.close()
    peaks = sides["batch"].peaks_mb
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "recordings": len(recordings),
        "model": analyzer.versions[1],
        "phrasebook": analyzer.versions[0],
        **row(sides, seconds, counted),
        "peak_mb": round(peaks[-1]),
        "peak_mb_after_a_tenth": round(peaks[len(peaks) // 10]),
    }


def row(sides: dict[str, Side], seconds: float, counted: Counted) -> dict[str, float]:
    one, other = sides["alone"], sides["batch"]
    return {
        "audio_hours": round(seconds / 3600, 2),
        "alone_audio_s_per_cpu_s": round(seconds / one.cpu_s, 1),
        "batch_audio_s_per_cpu_s": round(seconds / other.cpu_s, 1),
        "ratio": round(one.cpu_s / other.cpu_s, 3),
        "ratio_wall": round(one.wall_s / other.wall_s, 3),
        "recogniser_share": round(counted.cpu_s / other.cpu_s, 3),
        "speech_share": round(counted.audio_s / (2 * seconds), 3),
    }


def generate(folder: Path, count: int) -> None:
    """Two-channel telephone calls, about a minute each, by the recipe's held-out voices."""
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
    parser.add_argument("--slice", type=int, default=10)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    generate(options.folder, options.generate)
    recordings = sorted(options.folder.glob("*.flac"))[: options.limit]
    with tempfile.TemporaryDirectory() as scratch:
        result = measure(recordings, options.slice, Path(scratch))
    print(json.dumps(result, indent=2))
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
