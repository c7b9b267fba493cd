"""What does nano_zh hear when nothing but the recogniser is measured?

Corpus: generated two-channel telephone calls (`models.training.dialogues`, `.calls`) whose voices
and sentences are absent from training, cut at the true utterances (0.2 s of line before and
after, at most 9 s), so that neither endpointing nor matching plays a part; and sounds that are not
Mandarin. `stock` feeds the whole channel to `faster_whisper.WhisperModel.transcribe` with its
default options, greedy.

    python -m benchmarks.nano_zh [--calls 42] [--model DIR] [--quick]

prints a table and writes `results/nano_zh.json`. Rates are 0..1; `rtf` is processor
seconds of one thread per second of sound; `time_error_ms` is the distance of a character's end
from the truth in CTranslate2's alignment.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt
import soxr
from rapidfuzz.distance import Levenshtein

from models.training import calls, dialogues, vocabulary
from models.training.channel import RATE
from models.training.evaluate import FORBIDDEN_CORES, ShortWindowDecoder, evaluation_windows
from models.training.features import log_mel
from models.training.pronounce import characters, syllables

RESULTS = Path(__file__).parent / "results" / "nano_zh.json"
MODEL = Path(__file__).parents[1] / "models" / "nano_zh"
LONGEST_MS = 9000
AROUND_MS = 200


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of a channel at 16 kHz, what was said in it, and the characters' ends in it."""

    samples: npt.NDArray[np.float32]
    text: str
    ends_ms: tuple[int, ...]


def _corpus(count: int) -> list[calls.Call]:
    made = []
    for seed in range(count):
        r = random.Random(seed)
        callers: dict[calls.SpeakerRole, calls.Caller] = {
            "agent": calls.Caller.draw(r),
            "customer": calls.Caller.draw(r),
        }
        script = dialogues.write(seed)
        made.append(calls.render_call(script.turns, callers, seed=seed, crosstalk_db=-40))
    return made


def _wide(x: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(soxr.resample(x, RATE, 2 * RATE), np.float32)


def _windows(call: calls.Call) -> Iterator[Window]:
    """The utterances of a call; a long one is cut in the middle of its longest gap."""
    for utterance in call.utterances:
        channel = call.samples[calls.ROLES.index(utterance["role"])]
        whole = utterance["characters"]
        todo = [(max(0, whole[0]["begin_ms"] - AROUND_MS), whole, whole[-1]["end_ms"] + AROUND_MS)]
        while todo:
            begin, part, end = todo.pop()
            if end - begin > LONGEST_MS:
                gaps = [b["begin_ms"] - a["end_ms"] for a, b in itertools.pairwise(part)]
                at = max(range(len(gaps)), key=lambda i: (gaps[i], -abs(i - len(gaps) // 2))) + 1
                cut = (part[at - 1]["end_ms"] + part[at]["begin_ms"]) // 2
                todo += [(begin, part[:at], cut), (cut, part[at:], end)]
                continue
            yield Window(
                _wide(channel[begin * RATE // 1000 : end * RATE // 1000]),
                "".join(c["text"] for c in part),
                tuple(c["end_ms"] - begin for c in part),
            )


def _rates(pairs: list[tuple[str, str]]) -> dict[str, float]:
    total = sum(len(said) for said, _ in pairs)
    wrong = sum(Levenshtein.distance(said, heard) for said, heard in pairs)
    syllable = sum(Levenshtein.distance(syllables(said), syllables(heard)) for said, heard in pairs)
    core_said = [(c, h) for s, h in pairs for c in FORBIDDEN_CORES if c in s]
    core_heard = [(c, s) for s, h in pairs for c in FORBIDDEN_CORES if c in h]
    return {
        "characters": total,
        "cer": wrong / total,
        "ser": syllable / total,
        "core_phrases_said": len(core_said),
        "core_phrase_recall": sum(c in h for c, h in core_said) / max(1, len(core_said)),
        "core_phrase_precision": sum(c in s for c, s in core_heard) / max(1, len(core_heard)),
    }


def short_windows(folder: Path, corpus: list[calls.Call]) -> dict[str, Any]:
    """CER, SER and speed on true utterances in short windows."""
    decoder = ShortWindowDecoder(folder)
    pairs, spent, seconds = [], 0.0, 0.0
    for call in corpus:
        for window in _windows(call):
            begun = time.process_time()
            heard = decoder.hear(window.samples)
            spent += time.process_time() - begun
            seconds += len(window.samples) / 16000
            pairs.append((window.text, characters(heard.text)))
    return {**_rates(pairs), "windows": len(pairs), "rtf": spent / seconds}


def stock(folder: Path, corpus: list[calls.Call], **options: Any) -> dict[str, Any]:
    """The same calls through stock faster-whisper, whole channels, timestamps and all."""
    from faster_whisper import WhisperModel

    model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1)
    pairs, spent, seconds = [], 0.0, 0.0
    for call in corpus:
        for role, channel in zip(calls.ROLES, call.samples, strict=True):
            said = "".join(
                c["text"] for u in call.utterances if u["role"] == role for c in u["characters"]
            )
            begun = time.process_time()
            segments, _ = model.transcribe(_wide(channel), language="zh", beam_size=1, **options)
            heard = characters("".join(s.text for s in segments))
            spent += time.process_time() - begun
            seconds += call.seconds
            pairs.append((said, heard))
    return {**_rates(pairs), "rtf": spent / seconds}


def times(folder: Path, corpus: list[calls.Call]) -> dict[str, Any]:
    """How far aligned character ends are from the truth."""
    model = ctranslate2.models.Whisper(str(folder), device="cpu", compute_type="int8")
    ids = vocabulary.ids()
    errors: list[float] = []
    for call in corpus:
        for window in _windows(call):
            mel = log_mel(window.samples)
            frames = mel.shape[1]
            mel = np.pad(mel, ((0, 0), (0, -frames % 50)))[None].astype(np.float32)
            encoded = model.encode(ctranslate2.StorageView.from_array(np.ascontiguousarray(mel)))
            text = [ids[c] for c in window.text]
            found = model.align(encoded, [ids[vocabulary.START]], [text], frames)[0]
            begins: dict[int, int] = {}
            for token, frame in found.alignments:
                begins.setdefault(token, frame)
            # The end of a character is where the path moves on to the next one.
            errors += [
                abs(begins[i + 1] * 20 - window.ends_ms[i])
                for i in range(len(text) - 1)
                if i + 1 in begins
            ]
    return {
        "characters": len(errors),
        "time_error_ms_median": float(np.median(errors)),
        "time_error_ms_p90": float(np.percentile(errors, 90)),
    }


def unknown_sounds(folder: Path) -> dict[str, Any]:
    """How the score and the no-speech probability part Mandarin from everything else."""
    decoder = ShortWindowDecoder(folder)
    rows = [(bool(w.text), decoder.hear(w.samples)) for w in evaluation_windows(240)]
    known = [h for speech, h in rows if speech]
    other = [h for speech, h in rows if not speech]
    return {
        "speech_windows": len(known),
        "other_windows": len(other),
        "speech_refused": sum(h.no_speech > 0.5 or not h.text for h in known) / len(known),
        "other_refused": sum(h.no_speech > 0.5 or not h.text for h in other) / len(other),
        "speech_score_p5": float(np.percentile([h.score for h in known], 5)),
        "other_written_score_median": float(
            np.median([h.score for h in other if h.text and h.no_speech <= 0.5] or [0.0])
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--calls", type=int, default=42)
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--quick", action="store_true", help="3 calls, nothing written")
    args = parser.parse_args()
    corpus = _corpus(3 if args.quick else args.calls)
    some = corpus[: max(3, len(corpus) // 3)]
    manifest = json.loads((args.model / "manifest.json").read_text("utf-8"))
    result = {
        "model": manifest["version"],
        "training": manifest["training"],
        "host": f"{platform.machine()}, one thread",
        "calls": len(corpus),
        "minutes": round(sum(c.seconds for c in corpus) / 60, 1),
        "short windows": short_windows(args.model, corpus),
        "stock faster-whisper": stock(args.model, some),
        "stock, its voice filter on, no previous text": stock(
            args.model, some, vad_filter=True, condition_on_previous_text=False
        ),
        "stock, no previous text, no timestamps": stock(
            args.model, some, condition_on_previous_text=False, without_timestamps=True
        ),
        "character times": times(args.model, some),
        "unknown sounds": unknown_sounds(args.model),
    }
    for name, value in result.items():
        if not isinstance(value, dict):
            print(f"{name:22} {value}")
            continue
        print(name)
        for key, number in value.items():
            print(
                f"    {key:28} {number:.4g}"
                if isinstance(number, float)
                else f"    {key:28} {number}"
            )
    if not args.quick:
        text = json.dumps(result, indent=2, ensure_ascii=False)
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
