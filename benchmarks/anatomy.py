"""The parts of a call: are tones, recorded voices, music and people told from one another?

Calls put together from demo calls, real speakers (a folder of *.flac, $QA_HUMAN_SPEECH), synthetic
recorded voices (espeak-ng), tones and tunes, over a telephone line at 8 kHz, stereo and mono. What
each moment is is known. F1 is of time, in steps of 100 ms, over all calls; a call nobody answered
must be unscored, and a real one must keep its agent's speech.

The text is written by the bundled recogniser; real speakers are beyond it, so of their calls only
the sound is looked at.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import models
from benchmarks.constructed_calls import ROOT, STEP_MS, Call, calls, human, telephone, write
from models.recogniser import SAMPLE_RATE, Samples
from phrasebook import load
from qa_engine.anatomy import StretchKind as Kind
from qa_engine.line.call import signals
from qa_engine.line.sounds import sounds_of
from qa_engine.line.spectra import Spectra
from qa_engine.matching.matcher import Matcher
from qa_engine.offline import analyse_audio

RESULT = Path(__file__).parent / "results" / "anatomy.json"


def grid(stretches: Any, length_ms: int) -> dict[tuple[Kind, int], np.ndarray]:
    size = length_ms // STEP_MS + 1
    found = {(kind, channel): np.zeros(size, bool) for kind in Kind for channel in (0, 1)}
    for kind, channel, begin_ms, end_ms in stretches:
        if channel is not None:
            found[kind, channel][round(begin_ms / STEP_MS) : round(end_ms / STEP_MS)] = True
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args(argv)
    book = load(ROOT / "phrasebook" / "zh_call_center")
    matcher, recogniser = Matcher(book), models.open_recogniser("nano_zh", threads=1)
    counts: Counter[tuple[str, str]] = Counter()
    rows: list[dict[str, Any]] = []
    cpu_s = audio_s = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for call in calls(human()):
            path = Path(folder) / "call.wav"
            sound = telephone(np.concatenate(call.sound, axis=1))
            write(path, sound)
            began = time.process_time()
            heard = listened(sound)
            cpu_s += time.process_time() - began
            audio_s += sound.shape[0] * sound.shape[1] / SAMPLE_RATE
            sound_alone = call.name.startswith("sound:")
            row: dict[str, Any] = {"call": call.name}
            if sound_alone:
                found = heard
            else:
                result = analyse_audio(
                    path, recogniser=recogniser, phrasebook=book, matcher=matcher
                ).analysis
                found = [(s.kind, s.channel, s.begin_ms, s.end_ms) for s in result.anatomy]
                row |= {
                    "judged": bool(result.judgeable),
                    "reason": result.judgeable.reason.value,
                    "right": bool(result.judgeable) == call.answered,
                    "recorded": [u.text for u in result.utterances if u.recorded],
                }
            row |= compared(call, found, counts, sound_alone)
            rows.append(row)
            print(json.dumps(row, ensure_ascii=False), flush=True)
    summary = {
        "calls": len(rows),
        "f1": {kind.value: f1(counts, kind.value) for kind in KINDS},
        "agent_lost_ms": sum(r.get("agent_lost_ms", 0) for r in rows),
        "agent_ms": sum(r.get("agent_ms", 0) for r in rows),
        "answered_right": sum(r.get("right", True) for r in rows),
        "cpu_s_a_second_of_a_channel": round(cpu_s / audio_s, 5),
    }
    summary["agent_lost"] = round(summary["agent_lost_ms"] / max(1, summary["agent_ms"]), 5)
    print(json.dumps(summary, indent=2))
    result_ = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "recogniser": f"{recogniser.name} {recogniser.version}",
        "summary": summary,
        "calls": rows,
    }
    options.json.write_text(json.dumps(result_, indent=1, ensure_ascii=False) + "\n", "utf-8")


KINDS = (Kind.RING, Kind.ANNOUNCEMENT, Kind.IVR, Kind.MUSIC, Kind.AGENT, Kind.CUSTOMER)


def listened(sound: Samples) -> list[tuple[Kind, int | None, int, int]]:
    """Tones and music by sound alone."""
    found = []
    for channel, samples in enumerate(sound):
        spectra = Spectra()
        spectra.feed(samples[: len(samples) // 512 * 512].reshape(-1, 512))
        found += list(sounds_of(spectra.rows(), channel))
    rings = signals(found)
    music = [stretch for stretch in found if stretch.kind is Kind.MUSIC]
    return [(s.kind, s.channel, s.begin_ms, s.end_ms) for s in (*rings, *music)]


def compared(
    call: Call, found: Any, counts: Counter[tuple[str, str]], sound_alone: bool
) -> dict[str, Any]:
    truth, told = grid(call.truth, call.now_ms), grid(found, call.now_ms)
    kinds = (Kind.RING, Kind.MUSIC) if sound_alone else KINDS
    for kind in kinds:
        for channel in (0, 1):
            here, there = truth[kind, channel], told[kind, channel]
            counts[kind.value, "right"] += int((here & there).sum())
            counts[kind.value, "wrong"] += int((~here & there).sum())
            counts[kind.value, "missed"] += int((here & ~there).sum())
    nobodys = np.any([told[kind, 0] for kind in KINDS[:4]], axis=0)
    agent = truth[Kind.AGENT, 0]
    return {
        "agent_ms": int(agent.sum()) * STEP_MS,
        "agent_lost_ms": int((agent & nobodys).sum()) * STEP_MS,
    }


def f1(counts: Counter[tuple[str, str]], kind: str) -> float:
    right = 2 * counts[kind, "right"]
    return round(right / max(1, right + counts[kind, "wrong"] + counts[kind, "missed"]), 4)


if __name__ == "__main__":
    main()
