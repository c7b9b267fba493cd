"""How well, how fast and in how much memory does a recording become text?

Corpus: stereo telephone calls synthesised from held-out sentences in held-out voices (the recipe's
own channel: 8 kHz, G.711, noise, room), with truth; or your own recordings of the same form.
Each window policy runs over the same calls in its own process: `short` windows as nano_zh was
trained, `padded` to 30 s as stock faster-whisper does, and other endpoint pauses.

    python -m benchmarks.hearing [--calls 12] [--model nano_zh] [--quick]

prints a table and writes `results/hearing.json`. `rtf` is processor seconds for both
channels per second of call, decoding of the file and voice activity included; `cer` counts what
was not found, wrong or invented, per channel over a whole call.
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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results" / "hearing.json"
POLICIES: dict[str, dict[str, Any]] = {
    "short": {},
    "short, greedy": {"final_beams": 1},
    "padded to 30 s": {"short_windows": False},
    "short, pause 300 ms": {"silence_ms": 300},
    "short, turns cut at 6 s": {"max_window_ms": 6_000},
    "short, Silero's thresholds": {"onset": 0.5, "offset": 0.35},
    "short, 0.25 s before speech": {"before_ms": 256},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    policy: str
    calls: int
    minutes: float
    cer: float
    ser: float
    """Syllable error rate, tones not counted."""
    rtf: float
    windows: int
    unintelligible: float
    """Share of windows marked so."""
    time_error_ms: float
    """Median distance of a character's begin from the truth, of those heard right."""
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=12)
    parser.add_argument("--model", default="nano_zh")
    parser.add_argument("--quick", action="store_true", help="two calls, two policies, no file")
    parser.add_argument("--policy", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.policy:
        print(json.dumps(asdict(measure(options.policy, options.model, options.corpus))))
        return
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder)
        write_corpus(corpus, 2 if options.quick else options.calls)
        policies = list(POLICIES)[: 2 if options.quick else None]
        rows = [_in_own_process(policy, options.model, corpus) for policy in policies]
    show(rows)
    if not options.quick:
        machine = {"python": platform.python_version(), "cores": os.cpu_count()}
        RESULTS.write_text(
            json.dumps(
                {"model": model_version(options.model), "machine": machine, "rows": rows}, indent=2
            )
            + "\n",
            encoding="utf-8",
        )


def _in_own_process(policy: str, model: str, corpus: Path) -> dict[str, Any]:
    """One thread, and a peak memory that is this policy's alone."""
    command = [sys.executable, "-m", "benchmarks.hearing"]
    command += ["--policy", policy, "--model", model, "--corpus", str(corpus)]
    done = subprocess.run(
        command,
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    row: dict[str, Any] = json.loads(done.stdout)
    return row


def show(rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    print(" | ".join(names))
    for row in rows:
        print(" | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()))


def model_version(model: str) -> str:
    import models

    return models.open_recogniser(model, threads=1).version


# The corpus


def write_corpus(folder: Path, calls: int, *, seed: int = 7) -> None:
    """`NN.wav` (8 kHz stereo) and `NN.json` (what is said, when, on which channel)."""
    from models.training import grammar

    r = random.Random(seed)
    sentences = grammar.lines("evaluation")
    for number in range(calls):
        lines = r.sample(list(sentences), 24)
        write_call(folder / f"{number:02}", lines, r)


def write_call(stem: Path, sentences: list[str], r: random.Random) -> None:
    from models.training import voices
    from models.training.channel import RATE, TelephoneLine, transmit
    from models.training.samples import say

    pair = [voices.full_name(name) for name in r.sample(voices.HELD_OUT_VOICES, 2)]
    manners = [voices.draw_manner(r) for _ in pair]
    track = [np.zeros(0, np.float32), np.zeros(0, np.float32)]
    at = r.uniform(0.3, 1.5)
    truth: list[dict[str, Any]] = []
    for number, sentence in enumerate(sentences):
        channel = number % 2
        said = say(sentence, pair[channel], manners[channel])
        if said is None or said.seconds > 9:
            continue
        gap = int(at * RATE) - len(track[channel])
        track[channel] = np.concatenate([track[channel], np.zeros(gap, np.float32), said.samples])
        times = [round((at + begin) * 1000) for begin, _ in said.times]
        truth.append({"channel": channel, "text": said.text, "begins_ms": times})
        at += said.seconds + r.uniform(0.15, 1.2)
    length = int((at + 0.5) * RATE)
    lines = [TelephoneLine.draw(r) for _ in track]
    heard = [
        transmit(np.pad(one, (0, length - len(one))), line, np.random.default_rng(r.randrange(999)))
        for one, line in zip(track, lines, strict=True)
    ]
    _write_wav(stem.with_suffix(".wav"), np.stack(heard), RATE)
    stem.with_suffix(".json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")


def _write_wav(path: Path, samples: np.ndarray, rate: int) -> None:
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.clip(samples.T * 32767, -32768, 32767).astype("<i2").tobytes())


# The measurement


def measure(policy: str, model: str, corpus: Path) -> Row:
    from models import weights
    from models.training.pronounce import syllables
    from models.voice_activity import VoiceActivity
    from models.whisper import WhisperOptions, WhisperRecogniser
    from qa_engine.hearing import EndpointPolicy

    settings = dict(POLICIES[policy])
    names = ("silence_ms", "before_ms", "max_window_ms", "onset", "offset")
    pauses = {name: settings.pop(name) for name in names if name in settings}
    recogniser = WhisperRecogniser(
        weights.resolve(model), WhisperOptions(device="cpu", threads=1, **settings)
    )
    voice = VoiceActivity()
    endpoint = EndpointPolicy(**{"max_window_ms": recogniser.max_window_ms} | pauses)
    spent = length_ms = windows = doubtful = 0.0
    errors = {"characters": 0, "syllables": 0}
    said = 0
    distances: list[int] = []
    for path in sorted(corpus.glob("*.wav")):
        truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        begun = time.process_time()
        utterances, duration_ms = transcribe(path, recogniser, voice, endpoint)
        spent += time.process_time() - begun
        length_ms += duration_ms
        windows += len(utterances)
        doubtful += sum(not utterance.intelligible for utterance in utterances)
        for channel in range(2):
            spoken = "".join(line["text"] for line in truth if line["channel"] == channel)
            begins = [
                ms for line in truth if line["channel"] == channel for ms in line["begins_ms"]
            ]
            heard = [
                (character, word.begin_ms)
                for u in utterances
                if u.channel == channel
                for word in u.words
                for character in word.text
            ]
            written = "".join(character for character, _ in heard)
            errors["characters"] += distance(spoken, written)
            errors["syllables"] += distance(syllables(spoken), syllables(written))
            said += len(spoken)
            distances += time_errors(spoken, begins, heard)
    return Row(
        policy=policy,
        calls=len(list(corpus.glob("*.wav"))),
        minutes=round(length_ms / 60_000, 1),
        cer=round(errors["characters"] / said, 4),
        ser=round(errors["syllables"] / said, 4),
        rtf=round(spent / (length_ms / 1000), 4),
        windows=int(windows),
        unintelligible=round(doubtful / max(1, windows), 4),
        time_error_ms=float(np.median(distances)) if distances else 0.0,
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    )


def transcribe(path: Path, recogniser: Any, voice: Any, endpoint: Any) -> tuple[list[Any], int]:
    """The utterances of a recording, without any analysis of what they say."""
    from qa_engine.audio import blocks
    from qa_engine.events import DecodeWanted, Role, UtteranceHeard
    from qa_engine.session import CallSession

    session = CallSession(
        (Role.AGENT, Role.CUSTOMER),
        voice=voice,
        endpoint=endpoint,
    )
    utterances: list[Any] = []

    def answer(wanted: list[DecodeWanted]) -> Iterator[Any]:
        windows = [window.samples for window in wanted]
        for window, heard in zip(wanted, recogniser.transcribe(windows, final=True), strict=True):
            yield from session.decoded(window.window_id, heard)

    for block in blocks(path):
        wanted = [e for e in session.hear(block) if isinstance(e, DecodeWanted)]
        utterances += [e.utterance for e in answer(wanted) if isinstance(e, UtteranceHeard)]
    last = [e for e in session.close() if isinstance(e, DecodeWanted)]
    utterances += [e.utterance for e in answer(last) if isinstance(e, UtteranceHeard)]
    return utterances, session.now_ms


def distance(one: Any, other: Any) -> int:
    from rapidfuzz.distance import Levenshtein

    return int(Levenshtein.distance(one, other))


def time_errors(spoken: str, begins: list[int], heard: list[tuple[str, int]]) -> list[int]:
    """How far each rightly heard character's time is from the truth."""
    from rapidfuzz.distance import Levenshtein

    written = "".join(character for character, _ in heard)
    found = []
    for block in Levenshtein.opcodes(spoken, written):
        if block.tag == "equal":
            pairs = zip(
                range(block.src_start, block.src_end),
                range(block.dest_start, block.dest_end),
                strict=True,
            )
            found += [abs(begins[i] - heard[j][1]) for i, j in pairs]
    return found


if __name__ == "__main__":
    main()
