"""How well an exported model hears held-out voices saying held-out sentences.

Short windows, int8, greedy, one thread: as the product decodes. The test set is drawn from a
fixed seed, so rows of the learning curve compare.
"""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import ctranslate2
import numpy as np
import numpy.typing as npt
import soxr
from rapidfuzz.distance import Levenshtein

from models.training import garbage, grammar, vocabulary, voices
from models.training.channel import RATE, TelephoneLine, transmit
from models.training.features import log_mel
from models.training.pronounce import characters, syllables
from models.training.samples import SpokenSentence, say

FORBIDDEN_CORES = (
    "不知道",
    "不是我的工作",
    "做不到",
    "搞错",
    "没办法",
    "不归我",
    "办不了",
    "不清楚",
)


@dataclass(frozen=True, slots=True)
class DecodedText:
    """What the model wrote for one window."""

    text: str
    score: float
    no_speech: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationReport:
    """Rates in 0..1. ``false_forbidden``/``missed_forbidden`` count core phrases."""

    cer: float
    ser: float
    rtf: float
    windows: int
    forbidden_said: int
    missed_forbidden: int
    false_forbidden: int
    garbage_refused: float
    speech_refused: float

    def row(self) -> dict[str, float]:
        return {k: round(v, 4) for k, v in asdict(self).items()}


class ShortWindowDecoder:
    """The exported model with short windows, nothing else around it."""

    def __init__(self, folder: Path) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", intra_threads=1, inter_threads=1
        )

    def hear(self, x: npt.NDArray[np.float32]) -> DecodedText:
        """Decode one window of 16 kHz samples (at most 10 s) greedily."""
        mel = log_mel(x)
        mel = np.pad(mel, ((0, 0), (0, -mel.shape[1] % 50)))[None]
        view = ctranslate2.StorageView.from_array(np.ascontiguousarray(mel, np.float32))
        found = self._model.generate(
            self._model.encode(view),
            [[vocabulary.ids()[t] for t in (vocabulary.START, vocabulary.NO_TIMESTAMPS)]],
            beam_size=1,
            max_length=100,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        names = vocabulary.tokens()
        text = "".join(n for n in (names[i] for i in found.sequences_ids[0]) if len(n) == 1)
        return DecodedText(text, found.scores[0], found.no_speech_prob)


@dataclass(frozen=True, slots=True)
class TestWindow:
    """One test window at 16 kHz and the characters said in it ("" for garbage)."""

    samples: npt.NDArray[np.float32]
    text: str


def _over_the_line(x: npt.NDArray[np.float32], r: random.Random, seed: int) -> TestWindow:
    gap = np.zeros(int(RATE * r.uniform(0.1, 0.3)), np.float32)
    line = TelephoneLine.draw(r)
    heard = transmit(np.concatenate([gap, x, gap]), line, np.random.default_rng(seed))
    return TestWindow(np.asarray(soxr.resample(heard, RATE, 2 * RATE), np.float32), "")


def evaluation_windows(count: int = 200, seed: int = 2026) -> list[TestWindow]:
    """``count`` spoken windows over all kinds of sentence, then a quarter as much garbage.

    The sentences stand in ``text/evaluation.txt``, so that new templates leave them alone.
    """
    r = random.Random(seed)
    rng = np.random.default_rng(seed)
    sentences = itertools.cycle(grammar.lines("evaluation"))
    windows: list[TestWindow] = []
    last: SpokenSentence | None = None
    while len(windows) < count:
        text = next(sentences)
        voice = voices.full_name(r.choice(voices.HELD_OUT_VOICES))
        said = say(text, voice, voices.draw_manner(r))
        if said is None or said.seconds > 9.4:
            continue
        last = said
        window = _over_the_line(said.samples, r, len(windows))
        windows.append(TestWindow(window.samples, said.text))
    assert last is not None
    for i in range(count // 4):
        spoilt = garbage.draw(r, rng, last.samples, held_out=True)[: 9 * RATE]
        windows.append(_over_the_line(spoilt, r, i))
    return windows


def distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Levenshtein distance, each edit 1."""
    return int(Levenshtein.distance(a, b))


def evaluate(
    folder: Path, windows: Sequence[TestWindow] | None = None, *, show: int = 0
) -> EvaluationReport:
    """Decode ``windows`` (default: :func:`evaluation_windows`) with the model in ``folder``."""
    windows = windows or evaluation_windows()
    decoder = ShortWindowDecoder(folder)
    wrong_c = wrong_s = total = said = missed = false = 0
    refused = {True: [0, 0], False: [0, 0]}
    seconds = spent = 0.0
    for window in windows:
        begun = time.process_time()
        heard = decoder.hear(window.samples)
        spent += time.process_time() - begun
        seconds += len(window.samples) / 16000
        text = characters(heard.text)
        tally = refused[bool(window.text)]
        tally[0] += not text or heard.no_speech > 0.5
        tally[1] += 1
        if not window.text:
            continue
        if show > 0:
            print(window.text, "|", heard.text, f"{heard.score:.2f} {heard.no_speech:.2f}")
            show -= 1
        wrong_c += distance(window.text, text)
        wrong_s += distance(syllables(window.text), syllables(text))
        total += len(window.text)
        for core in FORBIDDEN_CORES:
            said += core in window.text
            missed += core in window.text and core not in text
            false += core in text and core not in window.text
    return EvaluationReport(
        cer=wrong_c / total,
        ser=wrong_s / total,
        rtf=spent / seconds,
        windows=len(windows),
        forbidden_said=said,
        missed_forbidden=missed,
        false_forbidden=false,
        garbage_refused=refused[False][0] / max(1, refused[False][1]),
        speech_refused=refused[True][0] / max(1, refused[True][1]),
    )
