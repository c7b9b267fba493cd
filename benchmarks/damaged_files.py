"""Damaged and odd files: what is judged, what is told, and is anything lost without a word?

One demo call in every format that telephone systems export (FFmpeg's program writes them), each
whole and with every fault: bytes spoiled in the middle and at the beginning, a stretch of zeros, a
file cut off, bytes that were never copied. Every file goes through `analyze`. Told is what the
report says to a person: warnings and missing stretches. What is lost and not told is the length of
the whole recording less what was heard of it less what was told, beyond half a second.

FFmpeg plays it sets the bar: of a file that the program decodes, as much is judged.

    python -m benchmarks.damaged_files [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from api.analyzer import Analyzer
from qa_engine.errors import QAError
from qa_engine.report import Report

RESULT = Path(__file__).parent / "results" / "damaged_files.json"
CALL = Path(__file__).parents[1] / "api" / "demo" / "forbidden.flac"
UNTOLD_S = 0.5
"""Less than that is what any line loses."""

FORMATS: Mapping[str, list[str]] = {
    "pcm.wav": ["-ar", "8000"],
    "mulaw.wav": ["-ar", "8000", "-c:a", "pcm_mulaw"],
    "alaw.wav": ["-ar", "8000", "-c:a", "pcm_alaw"],
    "gsm.wav": ["-ar", "8000", "-ac", "1", "-c:a", "libgsm_ms"],
    "adpcm.wav": ["-ar", "8000", "-c:a", "adpcm_ms"],
    "ima.wav": ["-ar", "8000", "-c:a", "adpcm_ima_wav"],
    "call.mp3": ["-ar", "8000", "-b:a", "16k"],
    "mono8.mp3": ["-ar", "8000", "-ac", "1", "-b:a", "8k"],
    "call.flac": ["-ar", "8000"],
    "call.ogg": ["-c:a", "libopus", "-b:a", "24k"],
    "vorbis.ogg": ["-ar", "16000", "-c:a", "libvorbis"],
    "call.m4a": ["-ar", "8000", "-c:a", "aac"],
    "call.aac": ["-ar", "8000", "-c:a", "aac"],
    "call.webm": ["-c:a", "libopus"],
    "call.wma": ["-ar", "16000", "-c:a", "wmav2"],
    "call.au": ["-ar", "8000", "-c:a", "pcm_mulaw"],
    "call.g722": ["-ar", "16000", "-ac", "1"],
    "call.ul": ["-ar", "8000", "-ac", "1", "-f", "mulaw"],
}


def spoiled(count: int, at: float) -> Callable[[bytes], bytes]:
    def fault(raw: bytes) -> bytes:
        begin = int(len(raw) * at)
        noise = np.random.default_rng(1).bytes(count)
        return raw[:begin] + noise[: len(raw) - begin] + raw[begin + count :]

    return fault


def zeros(share: float) -> Callable[[bytes], bytes]:
    def fault(raw: bytes) -> bytes:
        begin, count = int(len(raw) * 0.4), int(len(raw) * share)
        return raw[:begin] + bytes(count) + raw[begin + count :]

    return fault


def without(share: float) -> Callable[[bytes], bytes]:
    def fault(raw: bytes) -> bytes:
        begin, count = int(len(raw) * 0.4), int(len(raw) * share)
        return raw[:begin] + raw[begin + count :]

    return fault


FAULTS: Mapping[str, Callable[[bytes], bytes]] = {
    "whole": lambda raw: raw,
    "1 byte spoiled": spoiled(1, 0.5),
    "300 bytes spoiled": spoiled(300, 0.5),
    "4,000 bytes spoiled": spoiled(4_000, 0.5),
    "a tenth zeros": zeros(0.1),
    "a tenth not copied": without(0.1),
    "cut in half": lambda raw: raw[: len(raw) // 2],
    "header spoiled": spoiled(64, 0.0),
    "64 bytes of it": lambda raw: raw[:64],
    "empty": lambda raw: b"",
}


def written(folder: Path, name: str) -> bytes:
    path = folder / name
    order = ["ffmpeg", "-v", "error", "-y", "-i", str(CALL), *FORMATS[name], str(path)]
    subprocess.run(order, check=True)
    return path.read_bytes()


def played_s(path: Path) -> float:
    """How much FFmpeg's own program makes of it."""
    raw = ["-f", "mulaw", "-ar", "8000"] if path.suffix == ".ul" else []
    order = ["ffmpeg", "-v", "quiet", *raw, "-i", str(path), "-ac", "1", "-ar", "8000"]
    done = subprocess.run([*order, "-f", "s16le", "-"], capture_output=True, check=False)
    return len(done.stdout) / 16_000


def told_of(report: Report) -> tuple[float, list[str]]:
    """Seconds that the report says are missing, and the codes of its warnings."""
    missing = 0
    until = 0
    for part in sorted(report.anatomy, key=lambda part: part.begin_ms):
        if part.kind == "missing" and part.end_ms > until:
            missing += part.end_ms - max(until, part.begin_ms)
            until = part.end_ms
    known = {"synthetic_model", "inferred_roles", "mono"}
    return (
        missing / 1_000,
        sorted({warning.code for warning in report.warnings} - known),
    )


def analysed(analyzer: Analyzer, path: Path, whole_s: float) -> dict[str, Any]:
    try:
        report = analyzer.analyze(path)
    except QAError as error:
        return {"judged": "refused", "told": [str(error).replace(str(path), path.name)]}
    except Exception as error:
        return {"judged": "TRACEBACK", "told": [f"{type(error).__name__}: {error}"]}
    missing_s, codes = told_of(report)
    heard_s = report.call.duration_ms / 1_000
    state = report.judgeable.reason or f"{report.score.total if report.score else None}"
    present_s = heard_s - missing_s
    # Of what is cut off behind the end the warning tells; it is no part of the call.
    untold_s = 0.0 if "cut_off" in codes else max(0.0, whole_s - present_s - missing_s)
    return {
        "judged": str(state),
        "told": codes,
        "heard_s": round(present_s, 1),
        "told_missing_s": round(missing_s, 1),
        "untold_s": round(untold_s, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--only", default="", help="formats whose name holds this")
    options = parser.parse_args()
    analyzer = Analyzer(model="nano_zh", threads=1)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for format_ in FORMATS:
            if options.only not in format_:
                continue
            raw = written(folder, format_)
            whole_s = played_s(folder / format_)
            for fault, spoil in FAULTS.items():
                path = folder / f"x.{format_}"
                path.write_bytes(spoil(raw))
                found = analysed(analyzer, path, whole_s)
                row = {
                    "format": format_,
                    "fault": fault,
                    **found,
                    "ffmpeg_s": round(played_s(path), 1),
                }
                rows.append(row)
                print(json.dumps(row, ensure_ascii=False), flush=True)
    summary = summed(rows)
    print(json.dumps(summary, indent=2))
    told = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "call": CALL.name,
        "summary": summary,
        "rows": rows,
    }
    options.json.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "files": len(rows),
        "tracebacks": sum(row["judged"] == "TRACEBACK" for row in rows),
        "refused": Counter(row["fault"] for row in rows if row["judged"] == "refused"),
        "lost without a word": [
            f"{row['format']}, {row['fault']}: {row['untold_s']} s"
            for row in rows
            if row.get("untold_s", 0) > UNTOLD_S and not row["told"]
        ],
        "told, but less than is lost": [
            f"{row['format']}, {row['fault']}: {row['untold_s']} s"
            for row in rows
            if row.get("untold_s", 0) > UNTOLD_S and row["told"]
        ],
        "less than FFmpeg plays": [
            f"{row['format']}, {row['fault']}"
            for row in rows
            if row["ffmpeg_s"] > row.get("heard_s", 0.0) + UNTOLD_S
        ],
    }


if __name__ == "__main__":
    main()
