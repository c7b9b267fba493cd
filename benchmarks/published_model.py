"""What does a published model cost on calls of real people, and how much does it get wrong?

Corpus: calls of two people out of the AISHELL-1 sample (`benchmarks/human_calls.py`), 8 kHz
G.711 telephone lines; the model is OpenAI's multilingual Whisper base (`published_base.py`).

    python -m benchmarks.published_model --human DIR [--calls 2] [--json FILE]

Each way is a process of its own, one thread, five beams, over the same recordings, one after the
other in one run; its CPU is that of the whole process, loading included. `analyze` is the command
as people run it: reading, hearing, matching, steps, score, report. `padded` is the same with every
utterance padded to 30 s by itself, as it was before windows were packed. The peers are
faster-whisper's `BatchedInferencePipeline` with word times as anyone calls it, each channel by
itself, and its plain `transcribe` with voice activity. SER: edits over toneless syllables of each
channel. The last result stands in `benchmarks/results/published_model.json`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import published_base
from benchmarks.human_calls import VARIABLE, HumanCall, calls, human_folder, syllable_edits
from models.window_policy import FILE_NAME, WindowPolicy, write
from qa_engine.audio.decode import blocks

RESULT = Path(__file__).parent / "results" / "published_model.json"
WAYS = ("analyze", "padded", "batched pipeline", "plain")
_QA_ENGINE = "from api.cli import main; main()"
_PER_MB = 1024


def run(way: str, model: Path, recordings: list[Path], folder: Path) -> dict[str, list[str]]:
    """The text of each channel by recording."""
    if way in ("analyze", "padded"):
        return _analyze(model, recordings, folder)
    return _peer(way, model, recordings)


def _analyze(model: Path, recordings: list[Path], folder: Path) -> dict[str, list[str]]:
    command = [sys.executable, "-c", _QA_ENGINE, "analyze", *map(str, recordings)]
    command += ["--model", str(model), "--roles", "agent,customer", "--json"]
    command.append(str(folder if len(recordings) > 1 else folder / f"{recordings[0].stem}.json"))
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    texts = {}
    for recording in recordings:
        report = json.loads((folder / f"{recording.stem}.json").read_text("utf-8"))
        texts[recording.name] = [
            "".join(u["text"] for u in report["utterances"] if u["role"] == role)
            for role in ("agent", "customer")
        ]
    return texts


def _peer(way: str, model: Path, recordings: list[Path]) -> dict[str, list[str]]:
    script = [sys.executable, "-m", "benchmarks.published_model", "--peer", way]
    done = subprocess.run(
        [*script, str(model), *map(str, recordings)], check=True, capture_output=True, text=True
    )
    texts: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return texts


def peer(way: str, model: str, recordings: list[str]) -> None:
    """In a process of its own: three lines of faster-whisper over each channel."""
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    whisper = WhisperModel(model, device="cpu", compute_type="int8", cpu_threads=1)
    batched = BatchedInferencePipeline(whisper)
    texts = {}
    for recording in recordings:
        sound = np.concatenate(list(blocks(Path(recording))), axis=1)
        texts[Path(recording).name] = [
            "".join(segment.text for segment in segments)
            for channel in sound
            for segments, _ in [
                batched.transcribe(channel, language="zh", word_timestamps=True)
                if way == "batched pipeline"
                else whisper.transcribe(
                    channel, language="zh", word_timestamps=True, vad_filter=True
                )
            ]
        ]
    print(json.dumps(texts, ensure_ascii=False))


def measure(way: str, model: Path, spoken: list[HumanCall], folder: Path) -> dict[str, Any]:
    recordings = [folder / f"{call.name}.flac" for call in spoken]
    out = Path(tempfile.mkdtemp(dir=folder))
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    texts = run(way, model, recordings, out)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    edits = syllables = 0
    for call, recording in zip(spoken, recordings, strict=True):
        for said, heard in zip(call.said, texts[recording.name], strict=True):
            wrong, length = syllable_edits(said, heard)
            edits, syllables = edits + wrong, syllables + length
    speech_s = sum(call.speech_s for call in spoken)
    return {
        "way": way,
        "ser": round(edits / syllables, 4),
        "cpu_per_second_of_speech": round(cpu_s / speech_s, 4),
        "cpu_s": round(cpu_s, 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "largest_child_so_far_mb": round(after.ru_maxrss / _PER_MB),
    }


def padded(model: Path, folder: Path) -> Path:
    """The same model, its utterances heard one by one as they were before."""
    copy = folder / "padded-model"
    copy.mkdir()
    for file in model.iterdir():
        if file.name != FILE_NAME:
            (copy / file.name).symlink_to(file)
    write(copy, WindowPolicy(pack_ms=0))
    return copy


def save(call: HumanCall, folder: Path) -> None:
    from models.training.calls import Call, write_flac

    write_flac(Call(samples=call.sound, utterances=()), folder / f"{call.name}.flac")


def main() -> None:
    if "--peer" in sys.argv:
        way, model_name, *recordings = sys.argv[sys.argv.index("--peer") + 1 :]
        peer(way, model_name, recordings)
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--human", type=Path, default=human_folder())
    parser.add_argument("--calls", type=int, default=2)
    parser.add_argument("--turns", type=int, default=32)
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    if options.human is None:
        parser.error(f"say where the sentences are: --human DIR or {VARIABLE}")
    os.environ["OMP_NUM_THREADS"] = "1"
    model = published_base.fetched()
    spoken = calls(options.human, options.calls, turns=options.turns)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for call in spoken:
            save(call, folder)
        rows = []
        for way in options.ways:
            chosen = padded(model, folder) if way == "padded" else model
            rows.append(measure(way, chosen, spoken, folder))
            print(rows[-1], flush=True)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "voices": "two people of the AISHELL-1 sample, read sentences, 8 kHz G.711",
        "model": "Whisper base, multilingual, CTranslate2 int8",
        "calls": len(spoken),
        "speech_s": round(sum(call.speech_s for call in spoken), 1),
        "rows": rows,
    }
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
