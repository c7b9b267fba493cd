"""Whisper models in CTranslate2's format: any published one, and the bundled `nano_zh`.

A stock model hears windows padded to 30 s, as it was trained; one whose manifest says
`short_windows` hears them at their own length, rounded up to half a second, at a fraction of the
cost. How far a window is padded depends on that window alone, so the text does not depend on what
else is in the batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models import directory, guards, manifest, network, times
from models.coverage import joined, rest_of
from models.manifest import Manifest
from models.mel import log_mel
from models.recogniser import SAMPLE_RATE, Samples, Transcript, Word
from models.vocabulary import Vocabulary

__all__ = ["WhisperOptions", "WhisperRecogniser"]

Prompt = tuple[int, ...]
Batch = Sequence[tuple[Samples, Prompt]]

_FRAMES_PER_S: Final = 100
_STOCK_FRAMES: Final = 3_000
_ROUND_FRAMES: Final = 50
_LEAST_FRAMES: Final = 50
_LEAST_ALIGNED_FRAMES: Final = 20
_LONGEST_TEXT: Final = 448
_TOKENS_PER_S: Final = 12
_SPARE_TOKENS: Final = 8
_WORTH_TELLING_MS: Final = 1_000
_NO_SPEECH: Final = 0.6
_SURE: Final = 0.6
# The mean over a syllable or two says little: a cough becomes 对 more easily than a sentence.
_SHORT_TEXT: Final = 2
_SHORT_TEXT_MARGIN: Final = 0.1
_NOTHING: Final = Transcript(text="", confidence=0.0, no_speech=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperOptions:
    device: str = "auto"
    """`cpu`, `cuda`, or `auto`: CUDA where there is one."""
    threads: int = 0
    """CPU threads of one decode; 0 lets CTranslate2 choose."""
    short_windows: bool | None = None
    """None: as the model's manifest says."""
    final_beams: int = 5
    partial_beams: int | None = None
    """None: as many as for a final where windows are short (beams cost little there), else one."""
    batch: int = 16
    """At most this many windows in one decode."""
    hotwords: str = ""
    """Names and terms to expect in every window."""


class WhisperRecogniser:
    """A `Recogniser` over a CTranslate2 Whisper directory.

    Raises `ModelError` when the directory is not one or cannot be loaded.
    """

    def __init__(self, path: Path, options: WhisperOptions | None = None) -> None:
        self._path = path
        self._options = options = options or WhisperOptions()
        self._manifest = directory.check(path)
        self._vocabulary = Vocabulary.load(path)
        self._prompt = tuple(self._vocabulary.prompt(language=self._manifest.language_prompt))
        self._bands = network.bands(path)
        self._network = network.load(path, options.device, threads=options.threads)
        chosen = self._options.short_windows
        self._short = self._manifest.short_windows if chosen is None else chosen

    @property
    def name(self) -> str:
        return self._manifest.name or self._path.name

    @cached_property
    def version(self) -> str:
        """The stated version, if any, and the weights' SHA-256 (a large model's takes seconds)."""
        stated = self._manifest.files.get(directory.WEIGHTS)
        checksum = (stated or manifest.digest(self._path / directory.WEIGHTS)).sha256[:12]
        return f"{self._manifest.version}+{checksum}" if self._manifest.version else checksum

    @property
    def synthetic(self) -> bool:
        return self._manifest.synthetic

    @property
    def takes_hotwords(self) -> bool:
        return self._manifest.hotwords and bool(self._vocabulary.expecting("x"))

    @property
    def max_window_ms(self) -> int:
        return self._manifest.max_window_ms

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        """See `Recogniser`. What a final's text leaves unheard of its window is heard again."""
        prompts = [self._prompt_after(words) for words in hotwords or [""] * len(windows)]
        heard = self._transcribe(windows, prompts, final=final)
        if not final:
            return heard
        rests = {
            index: begin
            for index, (samples, one) in enumerate(zip(windows, heard, strict=True))
            if (begin := rest_of(samples, one)) is not None
        }
        again = self._transcribe(
            [windows[i][begin:] for i, begin in rests.items()],
            [prompts[i] for i in rests],
            final=True,
        )
        for (index, begin), rest in zip(rests.items(), again, strict=True):
            heard[index] = joined(heard[index], rest, begin)
        return heard

    def _prompt_after(self, hotwords: str) -> Prompt:
        if not self._manifest.hotwords:
            return self._prompt
        words = " ".join(filter(None, (self._options.hotwords, hotwords)))
        return (*self._vocabulary.expecting(words), *self._prompt)

    def _transcribe(
        self, windows: Sequence[Samples], prompts: Sequence[Prompt], *, final: bool
    ) -> list[Transcript]:
        """Windows in batches of like prompts, which CTranslate2 wants of one length."""
        results: list[Transcript] = [_NOTHING] * len(windows)
        buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, (samples, prompt) in enumerate(zip(windows, prompts, strict=True)):
            if len(samples) >= SAMPLE_RATE // _FRAMES_PER_S:
                buckets[self._frames(samples), len(prompt)].append(index)
        for (frames, _), members in buckets.items():
            for start in range(0, len(members), self._options.batch):
                batch = members[start : start + self._options.batch]
                heard = self._decode_safely(
                    [(windows[i], prompts[i]) for i in batch], frames, final
                )
                for index, transcript in zip(batch, heard, strict=True):
                    results[index] = transcript
        return results

    @property
    def _partial_beams(self) -> int:
        if self._options.partial_beams is not None:
            return self._options.partial_beams
        return self._options.final_beams if self._short else 1

    def _frames(self, samples: Samples) -> int:
        """How many mel frames the encoder is shown for this window."""
        if not self._short:
            return _STOCK_FRAMES
        real = len(samples) * _FRAMES_PER_S // SAMPLE_RATE
        rounded = -(-max(real, _LEAST_FRAMES) // _ROUND_FRAMES) * _ROUND_FRAMES
        return min(rounded, _STOCK_FRAMES)

    def _decode_safely(self, batch: Batch, frames: int, final: bool) -> list[Transcript]:
        """A batch of which one member fails is decoded again one by one."""
        try:
            return self._decode(batch, frames, final)
        except RuntimeError:
            if len(batch) == 1:
                raise
            return [self._decode([one], frames, final)[0] for one in batch]

    def _decode(self, batch: Batch, frames: int, final: bool) -> list[Transcript]:
        import ctranslate2

        windows = [window for window, _ in batch]
        prompts = [list(prompt) for _, prompt in batch]
        features = np.stack([_features(window, self._bands, frames) for window in windows])
        encoded = self._network.encode(ctranslate2.StorageView.from_array(features))
        results = self._network.generate(
            encoded,
            prompts,
            beam_size=self._options.final_beams if final else self._partial_beams,
            length_penalty=1.0,
            max_length=min(len(prompts[0]) + _token_cap(frames), _LONGEST_TEXT),
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = [self._vocabulary.spoken(result.sequences_ids[0]) for result in results]
        alignments = self._align(encoded, windows, tokens) if final else [None] * len(windows)
        return [
            self._transcript(window, spoken, result, alignment)
            for window, spoken, result, alignment in zip(
                windows, tokens, results, alignments, strict=True
            )
        ]

    def _align(self, encoded: Any, windows: list[Samples], tokens: list[list[int]]) -> list[Any]:
        """One alignment for each window; that of a window which said nothing means nothing."""
        if not any(tokens):
            return [None] * len(tokens)
        lengths = [
            max(len(window) * _FRAMES_PER_S // SAMPLE_RATE, _LEAST_ALIGNED_FRAMES)
            for window in windows
        ]
        filled = [spoken or [self._vocabulary.end] for spoken in tokens]
        found: list[Any] = self._network.align(
            encoded, list(self._prompt[:-1]), filled, lengths, median_filter_width=7
        )
        return found

    def _transcript(
        self, window: Samples, tokens: list[int], result: Any, alignment: Any | None
    ) -> Transcript:
        length_ms = len(window) * 1000 // SAMPLE_RATE
        no_speech = float(result.no_speech_prob)
        if not tokens:
            # Nothing in a second of what sounds like speech was not nothing: it was not understood.
            understood = length_ms < _WORTH_TELLING_MS
            return Transcript(text="", confidence=0.0, no_speech=no_speech, intelligible=understood)
        confidence = min(1.0, exp(float(result.scores[0])))
        pieces = self._vocabulary.pieces(tokens)
        if alignment is None:
            words = times.estimated(pieces, window, confidence)
        else:
            words = times.aligned(pieces, alignment, window)
        return self._judged(words, confidence, no_speech, length_ms)

    def _judged(
        self, words: tuple[Word, ...], confidence: float, no_speech: float, length_ms: int
    ) -> Transcript:
        """The transcript: emptied where it was invented, marked where it is not to be believed."""
        text = "".join(word.text for word in words)
        invented = guards.artefact(text) or (no_speech > _NO_SPEECH and confidence < _SURE)
        if invented:
            return Transcript(text="", confidence=0.0, no_speech=no_speech, intelligible=False)
        sure = self._manifest.min_confidence
        if len(words) <= _SHORT_TEXT:
            sure += _SHORT_TEXT_MARGIN
        doubtful = guards.loops(text) or guards.too_fast(text, length_ms)
        return Transcript(
            text=text,
            words=words,
            confidence=confidence,
            no_speech=no_speech,
            intelligible=not doubtful and confidence >= sure,
        )


def _features(samples: Samples, bands: int, frames: int) -> NDArray[np.float32]:
    """[bands, frames], zeros after the window as faster-whisper pads it."""
    mel = log_mel(samples[: frames * SAMPLE_RATE // _FRAMES_PER_S], bands=bands)
    padded = np.zeros((bands, frames), np.float32)
    padded[:, : mel.shape[1]] = mel
    return padded


def _token_cap(frames: int) -> int:
    return min(_LONGEST_TEXT // 2, _SPARE_TOKENS + _TOKENS_PER_S * frames // _FRAMES_PER_S)
