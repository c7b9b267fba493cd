"""Does half an hour of call need more memory, or more time per minute, than three minutes?

Corpus: one generated stereo call (held-out sentences and voices, telephone channel), repeated to 3
and to 30 minutes at 8 kHz. Each length is analysed in a process of its own, exactly as `qa-engine
analyze` does it without writing the report: decoding, voice activity, recognition, matching, rules.

    python -m benchmarks.long_call [--model nano_zh] [--quick] [--threads 2]

prints a table and writes `results/long_call.json`. `x_real_time` is wall-clock seconds for both
channels per second of call, `cpu` processor seconds; `peak_mb` is the process's peak resident
memory, `memory_ratio` that of the long call over the short one's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np

RESULT = Path(__file__).parent / "results" / "long_call.json"
MINUTES = (3, 30)
RATE = 8_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="nano_zh")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="1 and 2 minutes, no file")
    parser.add_argument("--recording", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.recording:
        print(json.dumps(measure(options.recording, options.model, options.threads)))
        return
    with tempfile.TemporaryDirectory() as folder:
        once = one_call(Path(folder))
        rows = []
        for minutes in (1, 2) if options.quick else MINUTES:
            path = repeated(once, Path(folder) / f"{minutes}.wav", minutes * 60)
            rows.append(in_own_process(path, options.model, options.threads))
    ratio = round(rows[-1]["peak_mb"] / rows[0]["peak_mb"], 2)
    for row in rows:
        print(row)
    print("memory_ratio", ratio)
    if not options.quick:
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        answer = {"machine": machine, "model": options.model, "threads": options.threads}
        RESULT.write_text(
            json.dumps(answer | {"rows": rows, "memory_ratio": ratio}, indent=2) + "\n", "utf-8"
        )


def one_call(folder: Path) -> np.ndarray:
    from benchmarks.hearing import write_call
    from models.training import grammar

    r = random.Random(5)
    write_call(folder / "call", r.sample(list(grammar.lines("evaluation")), 40), r)
    with wave.open(str(folder / "call.wav")) as file:
        return np.frombuffer(file.readframes(file.getnframes()), np.int16).reshape(-1, 2)


def repeated(samples: np.ndarray, path: Path, seconds: int) -> Path:
    whole = np.tile(samples, (-(-seconds * RATE // len(samples)), 1))[: seconds * RATE]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(whole.tobytes())
    return path


def in_own_process(path: Path, model: str, threads: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.long_call", "--recording", str(path)]
    command += ["--model", model, "--threads", str(threads)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def measure(path: Path, model: str, threads: int) -> dict[str, Any]:
    import models
    import phrasebook
    from qa_engine.matching import Matcher
    from qa_engine.offline import analyse_audio

    book = phrasebook.load(phrasebook.bundled())
    matcher = Matcher(book)
    recogniser = models.open_recogniser(model, threads=threads)
    began, cpu = time.perf_counter(), time.process_time()
    result = analyse_audio(path, recogniser=recogniser, phrasebook=book, matcher=matcher)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    seconds = result.duration_ms / 1000
    return {
        "minutes": round(seconds / 60, 1),
        "utterances": len(result.utterances),
        "x_real_time": round(wall / seconds, 4),
        "cpu": round(cpu / seconds, 4),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
