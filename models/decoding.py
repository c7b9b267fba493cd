"""Windows through the network: features, prompts, batches, beams, alignments.

How far a window is padded depends on that window alone, so the text does not depend on what else
is in the batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models import calibration, network, trust, window_policy
from models.calibration import ConfidenceCalibration
from models.manifest import ModelManifest
from models.mel import log_mel
from models.recogniser import SAMPLE_RATE, Samples
from models.vocabulary import Vocabulary
from models.window_policy import WindowPolicy

__all__ = [
    "LEAST_SAMPLES",
    "STOCK_FRAMES",
    "Decoder",
    "PromptTokens",
    "Raw",
    "WhisperOptions",
    "unprompted",
]

PromptTokens = tuple[int, ...]
DecodeBatch = Sequence[tuple[Samples, PromptTokens]]

_FRAMES_PER_S: Final = 100
STOCK_FRAMES: Final = 3_000
_ROUND_FRAMES: Final = 50
_LEAST_FRAMES: Final = 50
_LEAST_ALIGNED_FRAMES: Final = 20
_LONGEST_TEXT: Final = 448
_TOKENS_PER_S: Final = 12
_SPARE_TOKENS: Final = 8
_BATCH: Final = 16
_LONG_BATCH: Final = 4
_LEAST: Final = 1e-6
LEAST_SAMPLES: Final = SAMPLE_RATE // _FRAMES_PER_S


@dataclass(frozen=True, slots=True)
class Raw:
    """What the network made of one window."""

    tokens: list[int]
    alignment: Any | None
    score: float
    """Mean log probability of the tokens."""
    no_speech: float


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
    window_policy: WindowPolicy | None = None
    """Of a stock model. None: as measured for it."""
    batch: int | None = None
    """At most this many windows in one decode; None: as suits the device and the windows."""
    hotwords: str = ""
    """Names and terms to expect in every window."""
    measured: bool = True
    """False: confidences as the model has them, and all of them enough."""


class Decoder:
    """A network with its tokens and its way of padding. Raises `ModelError`."""

    def __init__(self, path: Path, stated: ModelManifest, options: WhisperOptions) -> None:
        self._manifest = stated
        self._options = options
        self.vocabulary = Vocabulary.load(path)
        self._prompt = tuple(self.vocabulary.prompt(language=stated.language_prompt))
        self._bands = network.bands(path)
        self._network = network.load(path, options.device, threads=options.threads)
        chosen = options.short_windows
        self.short = stated.short_windows if chosen is None else chosen
        width = self._width()
        self.policy = options.window_policy or window_policy.read(path, width)
        self.calibration = calibration.read(path) if options.measured else ConfidenceCalibration()
        self.trust = (
            trust.of(stated, width, self.calibration.least) if options.measured else trust.ANY
        )

    def _width(self) -> int:
        """Of the network, which tells the published sizes apart."""
        if self.short:
            return 0
        import ctranslate2

        nothing = np.zeros((1, self._bands, _LEAST_FRAMES), np.float32)
        return int(self._network.encode(ctranslate2.StorageView.from_array(nothing)).shape[-1])

    def expected(self, hotwords: str) -> str:
        """All that is to be expected in a window: what always is, and its own."""
        if not self._manifest.hotwords:
            return ""
        return " ".join(filter(None, (self._options.hotwords, hotwords)))

    def prompt_after(self, expected: str) -> PromptTokens:
        """Token ids to begin with: the `expected` words, then the prompt of every window."""
        return (*self.vocabulary.expecting(expected), *self._prompt)

    def decode(
        self,
        windows: Sequence[Samples],
        prompts: Sequence[PromptTokens],
        *,
        final: bool,
        frames: int | None = None,
    ) -> list[Raw | None]:
        """Windows in batches of like prompts, which CTranslate2 wants of one length.

        `frames`: how many to show the encoder, else as many as suit the model. None for a window
        too short to hold anything.
        """
        results: list[Raw | None] = [None] * len(windows)
        buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
        for index, (samples, prompt) in enumerate(zip(windows, prompts, strict=True)):
            if len(samples) >= LEAST_SAMPLES:
                buckets[frames or self.frames(samples), len(prompt)].append(index)
        for (shown, _), members in buckets.items():
            for start in range(0, len(members), self._batch):
                batch = members[start : start + self._batch]
                raws = self._decode_safely([(windows[i], prompts[i]) for i in batch], shown, final)
                for index, raw in zip(batch, raws, strict=True):
                    results[index] = raw
        return results

    @property
    def _batch(self) -> int:
        """A step of the decoder reads all its weights, whether for one window or for four; with
        more of them long windows cost a CPU more memory than that saves."""
        if self._options.batch is not None:
            return self._options.batch
        return _BATCH if self.short or self._network.device != "cpu" else _LONG_BATCH

    @property
    def _partial_beams(self) -> int:
        if self._options.partial_beams is not None:
            return self._options.partial_beams
        return self._options.final_beams if self.short else 1

    def frames(self, samples: Samples) -> int:
        """How many mel frames the encoder is shown for this window."""
        real = len(samples) * _FRAMES_PER_S // SAMPLE_RATE
        if not self.short:
            real = self.policy.shown_ms(real * 1000 // _FRAMES_PER_S) * _FRAMES_PER_S // 1000
        rounded = -(-max(real, _LEAST_FRAMES) // _ROUND_FRAMES) * _ROUND_FRAMES
        return min(rounded, STOCK_FRAMES)

    def _decode_safely(self, batch: DecodeBatch, frames: int, final: bool) -> list[Raw]:
        """A batch of which one member fails is decoded again one by one."""
        try:
            return self._together(batch, frames, final)
        except RuntimeError:
            if len(batch) == 1:
                raise
            return [self._together([one], frames, final)[0] for one in batch]

    def likelihood(self, window: Samples, tokens: list[int]) -> float:
        """Geometric mean probability of the tokens when nothing was to be expected."""
        import ctranslate2

        features = _features(window, self._bands, self.frames(window))[None]
        encoded = self._network.encode(ctranslate2.StorageView.from_array(features))
        (alignment,) = self._align(encoded, [window], [tokens])
        return unprompted(alignment)

    def _together(self, batch: DecodeBatch, frames: int, final: bool) -> list[Raw]:
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
        tokens = [self.vocabulary.spoken(result.sequences_ids[0]) for result in results]
        alignments = self._align(encoded, windows, tokens) if final else [None] * len(windows)
        return [
            Raw(spoken, alignment, float(result.scores[0]), float(result.no_speech_prob))
            for spoken, result, alignment in zip(tokens, results, alignments, strict=True)
        ]

    def _align(self, encoded: Any, windows: list[Samples], tokens: list[list[int]]) -> list[Any]:
        """One alignment for each window; that of a window which said nothing means nothing."""
        if not any(tokens):
            return [None] * len(tokens)
        lengths = [
            max(len(window) * _FRAMES_PER_S // SAMPLE_RATE, _LEAST_ALIGNED_FRAMES)
            for window in windows
        ]
        filled = [spoken or [self.vocabulary.end] for spoken in tokens]
        found: list[Any] = self._network.align(
            encoded, list(self._prompt[:-1]), filled, lengths, median_filter_width=7
        )
        return found


def unprompted(alignment: Any) -> float:
    """How likely the text of an alignment is: it was aligned without anything to expect."""
    probabilities = np.maximum(np.asarray(alignment.text_token_probs, np.float64), _LEAST)
    return float(np.exp(np.log(probabilities).mean())) if len(probabilities) else 0.0


def _features(samples: Samples, bands: int, frames: int) -> NDArray[np.float32]:
    """[bands, frames], zeros after the window as faster-whisper pads it."""
    mel = log_mel(samples[: frames * SAMPLE_RATE // _FRAMES_PER_S], bands=bands)
    padded = np.zeros((bands, frames), np.float32)
    padded[:, : mel.shape[1]] = mel
    return padded


def _token_cap(frames: int) -> int:
    return min(_LONGEST_TEXT // 2, _SPARE_TOKENS + _TOKENS_PER_S * frames // _FRAMES_PER_S)
