"""How well the exported models hear held-out voices saying held-out sentences, as sherpa-onnx
runs them, on the windows that nano_zh is evaluated on.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models.opening import open_recogniser
from models.training.ctc.export import FOLDERS, export, load
from models.training.evaluate import TestWindow, distance, evaluation_windows
from models.training.pronounce import characters, syllables

_RATE = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CtcReport:
    """Rates in 0..1; ``rtf`` is CPU seconds a second of sound, one thread."""

    cer: float
    ser: float
    rtf: float
    windows: int
    garbage_refused: float
    speech_refused: float

    def row(self) -> dict[str, float]:
        return {k: round(v, 4) for k, v in asdict(self).items()}


def evaluate(folder: Path, windows: Sequence[TestWindow], *, show: int = 0) -> CtcReport:
    """Hear ``windows`` with the model in ``folder``; those without text are garbage."""
    recogniser = open_recogniser(str(folder), threads=1)
    wrong_c = wrong_s = total = refused = garbage = 0
    spent = 0.0
    for window in windows:
        begun = time.process_time()
        (heard,) = recogniser.transcribe([window.samples], final=True)
        spent += time.process_time() - begun
        text = characters(heard.text)
        believed = heard.intelligible and bool(text)
        if not window.text:
            garbage += not believed
            continue
        if show > 0:
            print(window.text, "|", heard.text)
            show -= 1
        refused += not believed
        wrong_c += distance(window.text, text)
        wrong_s += distance(syllables(window.text), syllables(text))
        total += len(window.text)
    spoken = sum(bool(window.text) for window in windows)
    return CtcReport(
        cer=wrong_c / total,
        ser=wrong_s / total,
        rtf=spent / sum(len(window.samples) / _RATE for window in windows),
        windows=len(windows),
        garbage_refused=garbage / max(1, len(windows) - spoken),
        speech_refused=refused / spoken,
    )


def publish(checkpoints: Sequence[Path], folder: Path, *, count: int = 200) -> None:
    """Measure every checkpoint into ``learning_curve.csv``; export the last with its figures."""
    windows = evaluation_windows(count)
    rows: list[dict[str, float | str]] = []
    reports: dict[str, dict[str, float]] = {}
    for checkpoint in checkpoints:
        export(checkpoint, folder)
        _, counters = load(checkpoint)
        reports = {name: evaluate(folder / name, windows).row() for name in FOLDERS}
        for name, report in reports.items():
            cpu, hours = counters["seconds"] / 60, counters["audio_s"] / 3600
            at = {"cpu_minutes": round(cpu, 1), "audio_hours": round(hours, 1)}
            rows.append({**at, "model": name, **report})
            print(rows[-1], flush=True)
    export(checkpoints[-1], folder, dict(reports))
    with (folder / "learning_curve.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
