"""Whisper models in CTranslate2's format: any published one, and the bundled `nano_zh`.

A stock model hears windows padded as its `WindowPolicy` says; one whose manifest says
`short_windows` hears them at their own length, rounded up to half a second, at a fraction of the
cost. How far a window is padded depends on that window alone, so the text does not depend on what
else is in the batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from hashlib import sha256
from math import exp
from pathlib import Path
from typing import Final

from models import belief, directory, guards, manifest, times
from models.coverage import joined, rest_of
from models.decoding import LEAST_SAMPLES, STOCK_FRAMES, Decoder, Raw, WhisperOptions, unprompted
from models.manifest import ModelManifest
from models.packing import Pack, packs
from models.recogniser import SAMPLE_RATE, Samples, Transcript
from models.window_policy import WHOLE_MS

__all__ = ["WhisperOptions", "WhisperRecogniser"]

_WORTH_TELLING_MS: Final = 1_000
_UNHEARD: Final = Transcript(text="", confidence=0.0, intelligible=False)
_NOTHING: Final = Transcript(text="", confidence=0.0, no_speech=1.0)


class WhisperRecogniser:
    """A `Recogniser` over a CTranslate2 Whisper directory.

    Raises `ModelError` when the directory is not one or cannot be loaded.
    """

    def __init__(self, path: Path, options: WhisperOptions | None = None) -> None:
        self._path = path
        self._manifest = directory.check(path)
        self._decoder = Decoder(path, self._manifest, options or WhisperOptions())

    @property
    def name(self) -> str:
        return self._manifest.name or self._path.name

    @cached_property
    def version(self) -> str:
        """The stated version, if any, the weights' SHA-256 (a large model's takes seconds), how a
        stock model's windows are padded and packed, and which words it always expects."""
        stated = self._manifest.files.get(directory.WEIGHTS)
        checksum = (stated or manifest.digest(self._path / directory.WEIGHTS)).sha256[:12]
        version = f"{self._manifest.version}+{checksum}" if self._manifest.version else checksum
        if not self._decoder.short:
            policy = self._decoder.policy
            version += f"+windows-{policy.least_ms}-{policy.after_ms}-{policy.pack_ms}"
        version += self._decoder.calibration.name
        if not (always := self._decoder.expected("")):
            return version
        return f"{version}+hotwords-{sha256(always.encode()).hexdigest()[:8]}"

    @property
    def synthetic(self) -> bool:
        return self._manifest.synthetic

    @property
    def takes_hotwords(self) -> bool:
        return self._manifest.hotwords and bool(self._decoder.vocabulary.expecting("x"))

    @property
    def max_window_ms(self) -> int:
        return self._manifest.max_window_ms

    @property
    def manifest(self) -> ModelManifest:
        return self._manifest

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        """See `Recogniser`. What a final's text leaves unheard of its window is heard again, and
        so is a whole window whose text looks wrong and that was not padded to 30 s.
        """
        expected = [self._decoder.expected(words) for words in hotwords or [""] * len(windows)]
        heard = self._transcribe(windows, expected, final=final)
        if final and not self._padded:
            self._hear_again(windows, expected, heard, range(len(windows)))
        return self._told(self._whole(windows, expected, heard) if final else heard)

    @property
    def hears_neighbours(self) -> bool:
        return not self._decoder.short and self._decoder.policy.pack_ms > 0

    def together(self, windows: Sequence[Samples]) -> list[int]:
        """See `NeighbourRecogniser`."""
        return [len(pack.members) for pack in packs(windows, self._decoder.policy.pack_ms)]

    def transcribe_neighbours(
        self, windows: Sequence[Samples], *, hotwords: str = ""
    ) -> list[Transcript]:
        """See `NeighbourRecogniser`."""
        if not self.hears_neighbours:
            return self.transcribe(windows, final=True, hotwords=[hotwords] * len(windows))
        always = self._decoder.expected(hotwords)
        found = packs(windows, self._decoder.policy.pack_ms)
        wholes = [pack.samples for pack in found]
        prompt = self._decoder.prompt_after(always)
        decoded = self._decoder.decode(wholes, [prompt] * len(found), final=True)
        heard: list[Transcript] = []
        alone: list[int] = []
        packed: list[int] = []
        for pack, raw in zip(found, decoded, strict=True):
            heard += self._of_pack(pack, raw, always)
            (packed if len(pack.members) > 1 else alone).extend(pack.members)
        expected = [always] * len(windows)
        # By itself is enough for one that had company: 30 s cost twice as much, and of 5,716
        # syllables of two people five more were right (.0625 for .0633 wrong).
        self._hear_again(windows, expected, heard, packed, frames=None)
        if not self._padded:
            self._hear_again(windows, expected, heard, alone)
        return self._told(self._whole(windows, expected, heard))

    def _told(self, heard: list[Transcript]) -> list[Transcript]:
        """With confidences that mean what those of every recogniser do, where it was measured."""
        return [self._decoder.calibration.applied(one) for one in heard]

    @property
    def _padded(self) -> bool:
        """Whether a window has all the silence it can have, or none as it was trained."""
        return self._decoder.short or self._decoder.policy.least_ms >= WHOLE_MS

    def _of_pack(self, pack: Pack, raw: Raw | None, expected: str) -> list[Transcript]:
        if len(pack.members) == 1 or raw is None:
            return [self._transcript(window, raw, expected, final=True) for window in pack.windows]
        length_ms = len(pack.samples) * 1000 // SAMPLE_RATE
        if guards.goes_round(self._decoder.vocabulary.text(raw.tokens)):
            # Sure of itself, and of nothing that was said: each is heard alone.
            return [_UNHEARD] * len(pack.members)
        pieces = self._decoder.vocabulary.pieces(raw.tokens, whole=False)
        words = times.on_path(pieces, raw.alignment, length_ms)
        return [
            belief.in_pack(own, window, no_speech=raw.no_speech, trust=self._decoder.trust)
            for own, window in zip(pack.shared(words), pack.windows, strict=True)
        ]

    def _hear_again(
        self,
        windows: Sequence[Samples],
        expected: Sequence[str],
        heard: list[Transcript],
        among: Iterable[int],
        *,
        frames: int | None = STOCK_FRAMES,
    ) -> None:
        """Put better transcripts where `heard` looks wrong: those windows alone, in `frames`."""
        doubted = [
            index
            for index in among
            if len(windows[index]) >= LEAST_SAMPLES and belief.odd(windows[index], heard[index])
        ]
        again = self._transcribe(
            [windows[i] for i in doubted],
            [expected[i] for i in doubted],
            final=True,
            frames=frames,
        )
        for index, transcript in zip(doubted, again, strict=True):
            heard[index] = belief.better(heard[index], transcript)

    def _whole(
        self, windows: Sequence[Samples], expected: Sequence[str], heard: list[Transcript]
    ) -> list[Transcript]:
        """What a text leaves unheard of its window is heard again."""
        rests = {
            index: begin
            for index, (samples, one) in enumerate(zip(windows, heard, strict=True))
            if (begin := rest_of(samples, one)) is not None
        }
        again = self._transcribe(
            [windows[i][begin:] for i, begin in rests.items()],
            [expected[i] for i in rests],
            final=True,
        )
        for (index, begin), rest in zip(rests.items(), again, strict=True):
            heard[index] = joined(heard[index], rest, begin)
        return heard

    def _transcribe(
        self,
        windows: Sequence[Samples],
        expected: Sequence[str],
        *,
        final: bool,
        frames: int | None = None,
    ) -> list[Transcript]:
        prompts = [self._decoder.prompt_after(words) for words in expected]
        decoded = self._decoder.decode(windows, prompts, final=final, frames=frames)
        return [
            self._transcript(window, raw, words, final=final)
            for window, raw, words in zip(windows, decoded, expected, strict=True)
        ]

    def _transcript(
        self, window: Samples, raw: Raw | None, expected: str, *, final: bool
    ) -> Transcript:
        if raw is None:
            return _NOTHING
        if not raw.tokens:
            # Nothing in a second of what sounds like speech was not nothing: it was not understood.
            understood = len(window) * 1000 // SAMPLE_RATE < _WORTH_TELLING_MS
            return Transcript(
                text="", confidence=0.0, no_speech=raw.no_speech, intelligible=understood
            )
        confidence = min(1.0, exp(raw.score))
        if expected and guards.echoes(self._decoder.vocabulary.text(raw.tokens), expected):
            confidence = min(confidence, self._likelihood(window, raw))
        pieces = self._decoder.vocabulary.pieces(raw.tokens)
        if final:
            words = times.aligned(pieces, raw.alignment, window)
        else:
            words = times.estimated(pieces, window, confidence)
        return belief.judged(
            words,
            window,
            confidence=confidence,
            no_speech=raw.no_speech,
            trust=self._decoder.trust,
        )

    def _likelihood(self, window: Samples, raw: Raw) -> float:
        """Of a text that may have been read off the prompt, when there is none."""
        if raw.alignment is not None:
            return unprompted(raw.alignment)
        return self._decoder.likelihood(window, raw.tokens)
