"""What a recogniser is to the rest of the house: windows of sound in, text with times out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
SAMPLE_RATE = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A character (Han) or a run of Latin letters or digits; ms from the window's first sample."""

    text: str
    begin_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """What one window said; `confidence` in [0, 1]. Not `intelligible`: do not believe the text."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float
    no_speech: float = 0.0
    intelligible: bool = True
    emotion: str = ""
    """How it was said, in the recogniser's own word (such as `angry`), where it tells."""
    event: str = ""
    """What else was to be heard (such as `laughter`), where it tells."""


class Recogniser(Protocol):
    """Shared by all calls; holds no state of any call. Safe to call from one thread at a time."""

    @property
    def name(self) -> str:
        """Such as `nano_zh` or `large-v3-turbo`."""

    @property
    def version(self) -> str:
        """The content of the weights, so that a score can be reproduced."""

    @property
    def synthetic(self) -> bool:
        """True for a model trained on synthetic speech only, which real callers must not meet."""

    @property
    def takes_hotwords(self) -> bool:
        """Whether words to expect change what it hears."""

    @property
    def max_window_ms(self) -> int: ...

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        """Text of each window: float32 mono at 16 kHz, each at most `max_window_ms` long.

        A final gets word times; a partial (`final=False`) may leave them estimated. `hotwords`:
        for each window the names and terms to expect in it (or empty); windows of one batch may
        expect more words or fewer.
        """


@runtime_checkable
class NeighbourRecogniser(Protocol):
    """A recogniser that may hear better, or at less cost, what it is given with its neighbours."""

    @property
    def hears_neighbours(self) -> bool:
        """Whether this model gains by it."""

    def together(self, windows: Sequence[Samples]) -> list[int]:
        """How many of them, from the first on, are heard at once: whoever asks for these alone gets
        the same."""

    def transcribe_neighbours(
        self, windows: Sequence[Samples], *, hotwords: str = ""
    ) -> list[Transcript]:
        """Finals of utterances that follow each other on one channel, as `transcribe` has them.

        `hotwords`: names and terms to expect in all of them.
        """


class RecogniserStream(Protocol):
    """One window that is still growing, and what was heard of it so far."""

    def hear(self, samples: Samples) -> None:
        """What follows on the samples before."""

    def so_far(self) -> Transcript:
        """A partial's text; times as the recogniser has them."""

    def finish(self) -> Transcript:
        """The final of all that was heard, as `transcribe` has it of the same samples."""


@runtime_checkable
class StreamingRecogniser(Protocol):
    """A recogniser that keeps what it made of a window, and hears only what is new of it."""

    @property
    def streams(self) -> bool:
        """Whether this model does."""

    def open_stream(self, *, hotwords: str = "") -> RecogniserStream:
        """For one window, to be used from the threads that may call `transcribe`."""
