"""Crosstalk: is a stereo call judged as it would be without the leak?

The demo calls with each side leaking into the other's channel: -6 to -40 dB, 0 to 30 ms later,
with line noise 20 dB below the leak. Compared with the same call and noise without a leak.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import wave
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import models
from models.recogniser import SAMPLE_RATE, Samples
from phrasebook import load
from qa_engine.audio.decode import blocks
from qa_engine.matching.matcher import Matcher
from qa_engine.offline import OfflineResult, analyse_audio
from qa_engine.rules.counting import standing_of_hit

RESULT = Path(__file__).parent / "results" / "crosstalk.json"
DEMOS = Path(__file__).parents[1] / "api" / "demo"
PACK = Path(__file__).parents[1] / "phrasebook" / "zh_call_center"
LEVELS_DB = (-6, -9, -12, -16, -20, -30, -40)
DELAYS_MS = (0.0, 6.3, 30.0)
NOISE_DB = -20


def leaky(clean: Samples, level_db: float | None, delay_ms: float, noise_db: float) -> Samples:
    """Float32 [2, n]; without `level_db` only the noise."""
    found = clean.copy()
    delay = round(delay_ms * SAMPLE_RATE / 1000)
    for source, target in ((0, 1), (1, 0)):
        if level_db is not None:
            gain = 10 ** (level_db / 20)
            found[target, delay:] += gain * clean[source, : clean.shape[1] - delay]
    level = float(np.sqrt(np.mean(clean**2))) * 10 ** (noise_db / 20)
    return found + np.random.default_rng(0).normal(0, level, found.shape).astype(np.float32)


def write(path: Path, sound: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((np.clip(sound.T, -1, 1) * 32767).astype("<i2").tobytes())


def told(result: OfflineResult) -> dict[str, Any]:
    analysis = result.analysis
    charged = [hit.rule for hit in analysis.hits if standing_of_hit(hit).counts]
    return {
        "score": analysis.score.total if analysis.score else None,
        "hits": sorted(charged),
        "steps": {one.step.id: one.state.value for one in analysis.steps},
        "warned": sum(found.problem == "crosstalk" for found in result.findings),
        "uncertain": sum(one.role_confidence < 0.5 for one in analysis.utterances),
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=4)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args(argv)
    book = load(PACK)
    matcher, recogniser = Matcher(book), models.open_recogniser("nano_zh", threads=1)
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for demo in sorted(DEMOS.glob("*.flac"))[: options.calls]:
            clean = np.concatenate(list(blocks(demo)), axis=1)
            for level_db in LEVELS_DB:
                noise_db = level_db + NOISE_DB
                expected: dict[str, Any] | None = None
                for delay_ms in (None, *DELAYS_MS):
                    leak_db = None if delay_ms is None else level_db
                    path = Path(folder) / "call.wav"
                    write(path, leaky(clean, leak_db, delay_ms or 0.0, noise_db))
                    found = told(
                        analyse_audio(path, recogniser=recogniser, phrasebook=book, matcher=matcher)
                    )
                    if expected is None:
                        expected = found
                        continue
                    apart = None
                    if found["score"] is not None and expected["score"] is not None:
                        apart = round(abs(found["score"] - expected["score"]), 2)
                    rows.append(
                        {
                            "call": demo.stem,
                            "level_db": level_db,
                            "delay_ms": delay_ms,
                            "score_apart": apart,
                            "hits_same": found["hits"] == expected["hits"],
                            "hits_added": [h for h in found["hits"] if h not in expected["hits"]],
                            "steps_other": [
                                name
                                for name, state in expected["steps"].items()
                                if found["steps"].get(name) != state
                            ],
                            "warned": found["warned"],
                            "uncertain": found["uncertain"],
                        }
                    )
                    print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    summary = {
        f"{level_db} dB": {
            "calls": len(some),
            "score_within_half": sum(
                r["score_apart"] is not None and r["score_apart"] <= 0.5 for r in some
            ),
            "hits_same": sum(r["hits_same"] for r in some),
            "hits_added": sum(len(r["hits_added"]) for r in some),
            "steps_same": sum(not r["steps_other"] for r in some),
            "warned": sum(r["warned"] == 2 for r in some),
        }
        for level_db in LEVELS_DB
        if (some := [r for r in rows if r["level_db"] == level_db])
    }
    print(json.dumps(summary, indent=2))
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "recogniser": f"{recogniser.name} {recogniser.version}",
        "summary": summary,
        "calls": rows,
    }
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
