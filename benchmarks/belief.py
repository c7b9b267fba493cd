"""What does a published model believe that nobody said, and what does it refuse that somebody did?

Corpus: every utterance of a folder of human speech (`human_calls.py`), each by itself over a
telephone line; single words of one or two characters cut out of them where the model heard them
right; the utterances played backwards; ten foreign languages in three voices (espeak-ng); noise,
hiss, ring-back, keypad, hum, music, three people at once. `--half` takes every other utterance:
thresholds (`models/trust.py`) are set on one half and told of the other.

    python -m benchmarks.belief --human DIR [--kinds sentences words …] [--half set|check]

By kind: how many windows, how many whose text is believed, the share of them, and how many of the
believed ones hit a rule of the bundled pack (either speaker's). Sentences and words ought to be
believed, all else not. The last result stands in `benchmarks/results/belief.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soxr

import phrasebook
from benchmarks import published_base
from benchmarks.human_calls import VARIABLE, Sentence, halved, human_folder, sentences
from benchmarks.human_calls import syllable_edits as edits
from models.recogniser import SAMPLE_RATE, Samples
from models.training.channel import TelephoneLine, transmit
from models.whisper import WhisperOptions, WhisperRecogniser
from qa_engine.deciding.words import words as dictionary
from qa_engine.hearing.simplified import simplified
from qa_engine.matching import Matcher
from tests.qa_engine import sounds

RESULT: Final = Path(__file__).parent / "results" / "belief.json"
KINDS: Final = ("sentences", "words", "backwards", "foreign", "sounds")
VOICES: Final = ("", "+f4", "+m3")
_PAUSE: Final = np.zeros(SAMPLE_RATE * 3 // 10, np.float32)
_BEFORE_MS, _AFTER_MS, _FADE_MS = 80, 60, 20


@dataclass(frozen=True, slots=True)
class Sound:
    name: str
    samples: Samples
    """float32 at 16 kHz, with a pause on either side."""


def line(sentence: Sentence, seed: int) -> Samples:
    """As a window of a call holds it."""
    rng = np.random.default_rng(seed)
    narrow = transmit(halved(sentence.samples), TelephoneLine(noise_db=38.0, noise="pink"), rng)
    wide = np.asarray(soxr.resample(narrow, 8_000, SAMPLE_RATE), np.float32)
    return np.concatenate([_PAUSE, wide, _PAUSE])


def single_words(recogniser: WhisperRecogniser, spoken: list[Sentence]) -> Iterator[Sound]:
    """The first word of each sentence and the last, where it has one or two characters."""
    for seed, sentence in enumerate(spoken):
        samples = line(sentence, seed)
        (heard,) = recogniser.transcribe([samples], final=True)
        if edits(sentence.text, heard.text)[0]:
            continue
        timed = [word for word in heard.words if word.text[:1].isalnum()]
        cut = dictionary().cut("".join(word.text for word in timed)).words
        for text, place in ((cut[0], timed[: len(cut[0])]), (cut[-1], timed[-len(cut[-1]) :])):
            if len(text) <= 2:
                begin = max(0, place[0].begin_ms - _BEFORE_MS) * 16
                end = (place[-1].end_ms + _AFTER_MS) * 16
                yield Sound(text, np.concatenate([_PAUSE, _faded(samples[begin:end]), _PAUSE]))


def _faded(samples: Samples) -> Samples:
    fade = np.linspace(0.0, 1.0, _FADE_MS * 16, dtype=np.float32)
    cut = samples.copy()
    cut[: len(fade)] *= fade[: len(cut)]
    cut[-len(fade) :] *= fade[::-1][-len(cut) :]
    return cut


def foreign() -> Iterator[Sound]:
    for language in sounds.SENTENCES:
        for voice in VOICES:
            speech = sounds.spoken(language, voice)
            if speech is None:
                raise SystemExit("espeak-ng is not installed: apt install espeak-ng")
            yield Sound(language + voice, speech)


def unspoken(spoken: list[Sentence]) -> Iterator[Sound]:
    yield Sound("hiss", sounds.noise(0.003))
    yield Sound("noise", sounds.noise(0.1))
    yield Sound("ring-back", sounds.tone(450.0, on_s=1.0, every_s=5.0))
    yield Sound("keypad", sounds.tone(770.0, 1_336.0, on_s=0.2, every_s=0.4))
    yield Sound("hum", sounds.tone(50.0, 150.0))
    yield Sound("music", sounds.melody())
    yield Sound("music, softly", 0.1 * sounds.melody())
    rng = np.random.default_rng(3)
    breath = np.cumsum(rng.normal(0, 1, SAMPLE_RATE * 2)).astype(np.float32)
    breath -= np.convolve(breath, np.ones(200, np.float32) / 200, "same")
    yield Sound("breath", 0.05 * breath / np.abs(breath).max())
    for number in range(0, len(spoken) - 3, len(spoken) // 6):
        length = 5 * SAMPLE_RATE
        mixed = np.zeros(length, np.float32)
        for seed, sentence in enumerate(spoken[number : number + 3]):
            one = np.resize(line(sentence, seed), length)
            mixed += np.roll(one, seed * SAMPLE_RATE)
        yield Sound(f"babble {number}", np.asarray(mixed / 3, np.float32))


def sounds_of(kind: str, recogniser: WhisperRecogniser, spoken: list[Sentence]) -> Iterator[Sound]:
    if kind == "sentences":
        yield from (Sound(one.name, line(one, seed)) for seed, one in enumerate(spoken))
    elif kind == "words":
        yield from single_words(recogniser, spoken)
    elif kind == "backwards":
        for seed, one in enumerate(spoken):
            yield Sound(one.name, np.ascontiguousarray(line(one, seed)[::-1]))
    elif kind == "foreign":
        yield from foreign()
    else:
        yield from unspoken(spoken)


def measure(
    kind: str, recogniser: WhisperRecogniser, spoken: list[Sentence], matcher: Matcher
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    windows: list[dict[str, Any]] = []
    for sound in sounds_of(kind, recogniser, spoken):
        (heard,) = recogniser.transcribe([sound.samples], final=True)
        text = simplified(heard.text)
        believed = heard.intelligible and bool(text)
        hits = [m.owner for m in matcher.find(text) if m.kind == "entry"] if believed else []
        windows.append(
            {
                "name": sound.name,
                "ms": len(sound.samples) // 16,
                "text": text,
                "confidence": round(heard.confidence, 3),
                "believed": believed,
                "hits": hits,
            }
        )
    count = sum(window["believed"] for window in windows)
    row = {
        "kind": kind,
        "windows": len(windows),
        "believed": count,
        "share": round(count / max(len(windows), 1), 4),
        "hits": sum(len(window["hits"]) for window in windows),
    }
    return row, windows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--human", type=Path, default=human_folder())
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--half", choices=("set", "check"), default="check")
    parser.add_argument("--most", type=int, default=0, help="so many utterances of the half")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--windows", type=Path, help="every window's text and confidence, as JSON")
    options = parser.parse_args()
    if options.human is None:
        parser.error(f"say where the sentences are: --human DIR or {VARIABLE}")
    model = published_base.fetched()
    recogniser = WhisperRecogniser(model, WhisperOptions(device="cpu", threads=1))
    matcher = Matcher(phrasebook.load(phrasebook.bundled()))
    spoken = list(sentences(options.human))[0 if options.half == "set" else 1 :: 2]
    spoken = spoken[: options.most or None]
    known = json.loads(options.json.read_text("utf-8"))["rows"] if options.json.exists() else []
    rows = {row["kind"]: row for row in known}
    every: dict[str, list[dict[str, Any]]] = {}
    for kind in options.kinds:
        rows[kind], every[kind] = measure(kind, recogniser, spoken, matcher)
        print(rows[kind], flush=True)
        result = {
            "model": "Whisper base, multilingual, CTranslate2 int8",
            "half": options.half,
            "rows": [rows[one] for one in KINDS if one in rows],
        }
        options.json.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        if options.windows:
            options.windows.write_text(json.dumps(every, ensure_ascii=False, indent=0), "utf-8")


if __name__ == "__main__":
    main()
