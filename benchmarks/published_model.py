"""What does a published model cost on calls of real people, and how much does it get wrong?

Corpus: calls of two people out of the AISHELL-1 sample (`benchmarks/human_calls.py`), 8 kHz
G.711 telephone lines; the model is OpenAI's multilingual Whisper base (`published_base.py`).

    python -m benchmarks.published_model --human DIR [--calls 2 | --all] [--json FILE]

Each way is a process of its own, one thread, five beams, over the same recordings, one after the
other in one run; its CPU is that of the whole process, loading included. `analyze` is the command
as people run it: reading, hearing, matching, steps, score, report. `padded` is the same with every
utterance padded to 30 s by itself, as it was before windows were packed. The peers are
faster-whisper's `BatchedInferencePipeline` with word times as anyone calls it, each channel by
itself, and its plain `transcribe` with voice activity. SER: edits over toneless syllables of each
channel, with the 95 % interval of its difference to the batched pipeline's, sentences drawn again
(the same ones for both). `--all`: as many calls as it takes to hear every sentence. The last result
stands in `benchmarks/results/published_model.json`.
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
from benchmarks.human_calls import (
    VARIABLE,
    HumanCall,
    calls,
    calls_for_all,
    human_folder,
    sentence_edits,
)
from models.window_policy import FILE_NAME, WindowPolicy, write
from qa_engine.audio.decode import blocks

RESULT = Path(__file__).parent / "results" / "published_model.json"
WAYS = ("analyze", "padded", "batched pipeline", "plain")
_QA_ENGINE = "from api.cli import main; main()"
_PER_MB = 1024
_BESIDE = "batched pipeline"
_DRAWS = 2_000
Edits = list[tuple[int, int]]
"""Of each sentence: edits, and syllables."""


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
    return {
        recording.name: _channels(folder / f"{recording.stem}.json") for recording in recordings
    }


def _channels(written: Path) -> list[str]:
    report = json.loads(written.read_text("utf-8"))
    return [
        "".join(u["text"] for u in report["utterances"] if u["role"] == role)
        for role in ("agent", "customer")
    ]


def analyzed(model: Path, folder: Path, name: str) -> list[str]:
    """The text of each channel of the call `name`, as `analyze` has it; asked once."""
    written = folder / f"{name}.json"
    if not written.exists():
        _analyze(model, [folder / f"{name}.flac"], folder)
    return _channels(written)


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


def measure(
    way: str, model: Path, spoken: list[HumanCall], folder: Path
) -> tuple[dict[str, Any], Edits]:
    recordings = [folder / f"{call.name}.flac" for call in spoken]
    out = Path(tempfile.mkdtemp(dir=folder))
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    texts = run(way, model, recordings, out)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    edits: Edits = []
    for call, recording in zip(spoken, recordings, strict=True):
        for said, heard in zip(call.sentences, texts[recording.name], strict=True):
            edits += sentence_edits(said, heard)
    speech_s = sum(call.speech_s for call in spoken)
    row = {
        "way": way,
        "ser": round(rate(edits), 4),
        "cpu_per_second_of_speech": round(cpu_s / speech_s, 4),
        "cpu_s": round(cpu_s, 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "largest_child_so_far_mb": round(after.ru_maxrss / _PER_MB),
    }
    return row, edits


def rate(edits: Edits) -> float:
    return sum(wrong for wrong, _ in edits) / sum(length for _, length in edits)


def interval(own: Edits, beside: Edits) -> list[float]:
    """Where 95 % of the differences in error rate lie when sentences are drawn again."""
    rng = np.random.default_rng(1)
    mine, other = np.array(own), np.array(beside)
    drawn = rng.integers(0, len(mine), (_DRAWS, len(mine)))
    rates = [each[drawn, 0].sum(1) / np.maximum(each[drawn, 1].sum(1), 1) for each in (mine, other)]
    low, high = np.quantile(rates[0] - rates[1], [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]


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
    parser.add_argument("--all", action="store_true", help="every sentence")
    parser.add_argument("--turns", type=int, default=32)
    parser.add_argument("--ways", nargs="*", default=WAYS, choices=WAYS)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    if options.human is None:
        parser.error(f"say where the sentences are: --human DIR or {VARIABLE}")
    os.environ["OMP_NUM_THREADS"] = "1"
    model = published_base.fetched()
    count = calls_for_all(options.human, options.turns) if options.all else options.calls
    spoken = calls(options.human, count, turns=options.turns)
    load = round(os.getloadavg()[0], 2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for call in spoken:
            save(call, folder)
        rows, edits = [], {}
        for way in options.ways:
            chosen = padded(model, folder) if way == "padded" else model
            row, edits[way] = measure(way, chosen, spoken, folder)
            rows.append(row)
            print(row, flush=True)
        for row in rows:
            if _BESIDE in edits:
                row["ser_minus_batched_95"] = interval(edits[row["way"]], edits[_BESIDE])
    result = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "voices": "two people of the AISHELL-1 sample, read sentences, 8 kHz G.711",
        "model": "Whisper base, multilingual, CTranslate2 int8",
        "load_before": load,
        "calls": len(spoken),
        "sentences": sum(len(own) for call in spoken for own in call.sentences),
        "speech_s": round(sum(call.speech_s for call in spoken), 1),
        "rows": rows,
    }
    options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
