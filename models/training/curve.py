"""The learning curve: every new checkpoint exported, evaluated and written down."""

from __future__ import annotations

import csv
import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from models.training.evaluate import EvaluationReport, evaluate, evaluation_windows
from models.training.export import export, load

CURVE = Path(__file__).with_name("learning_curve.csv")
COLUMNS = (
    "cpu_minutes",
    "steps",
    "audio_hours",
    "cer",
    "ser",
    "forbidden_said",
    "missed_forbidden",
    "false_forbidden",
    "garbage_refused",
    "speech_refused",
)


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the curve."""

    cpu_minutes: float
    steps: int
    audio_hours: float
    report: EvaluationReport


def measure(checkpoint: Path, folder: Path) -> Point:
    """Export ``checkpoint`` to ``folder`` with its evaluation in the manifest."""
    _, counters = load(checkpoint)
    export(checkpoint, folder)
    report = evaluate(folder, evaluation_windows())
    export(checkpoint, folder, dict(report.row()))
    return Point(
        round(counters["seconds"] / 60, 1),
        counters["step"],
        round(counters["audio_s"] / 3600, 1),
        report,
    )


def append(point: Point, path: Path = CURVE) -> None:
    """Add a row; a new file gets its heading."""
    new = not path.exists()
    row = point.report.row() | {
        "cpu_minutes": point.cpu_minutes,
        "steps": point.steps,
        "audio_hours": point.audio_hours,
    }
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(COLUMNS)
        writer.writerow([row[c] for c in COLUMNS])


def publish(source: Path, target: Path) -> None:
    """Copy a measured model into ``target``, the manifest last, each file whole or not at all."""
    for path in sorted(source.iterdir(), key=lambda p: p.name == "manifest.json"):
        aside = target / (path.name + ".part")
        shutil.copyfile(path, aside)
        aside.replace(target / path.name)


def watch(run: Path, target: Path | None = None, *, usable: float = 0.35) -> None:
    """Follow ``run/last.pt`` for ever; publish what is not clearly worse than the best so far."""
    checkpoint, folder = run / "last.pt", run / "export"
    seen, best = 0.0, usable
    if target is not None and (manifest := target / "manifest.json").exists():
        best = json.loads(manifest.read_text("utf-8"))["evaluation"].get("cer", usable)
    while True:
        changed = checkpoint.stat().st_mtime if checkpoint.exists() else 0.0
        if changed > seen:
            seen = changed
            point = measure(checkpoint, folder)
            append(point)
            print(point, flush=True)
            # On the plateau neighbours differ by chance: the later one has heard more.
            if target is not None and point.report.cer <= 1.2 * best:
                best = min(best, point.report.cer)
                target.mkdir(parents=True, exist_ok=True)
                publish(folder, target)
        time.sleep(20)
