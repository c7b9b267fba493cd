"""A sherpa-onnx model behind the house's Protocol: whole windows, and streams where it is online.

Each window is decoded by itself: what is padded to a common length for a batch reaches into the
text, and on a CPU a batch is no cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from models import belief, calibration, manifest, trust
from models.recogniser import SAMPLE_RATE, Samples, Transcript
from models.sherpa import layouts
from models.sherpa.agreement import agreement, once_more
from models.sherpa.hotwords import spelled
from models.sherpa.opening import check_opens, native
from models.sherpa.words import SherpaResult, transcript

__all__ = ["SherpaRecogniser", "SherpaStream"]

_LEAST_SAMPLES: Final = SAMPLE_RATE // 10
_NOTHING: Final = Transcript(text="", confidence=0.0, no_speech=1.0)
_FRAMES_PER_S: Final = 100
_USUAL_CHUNK: Final = 80
_SPARE_TAIL_S: Final = 0.3


class SherpaRecogniser:
    """A `StreamingRecogniser` over a directory of `layouts.is_sherpa`. Raises `ModelError`."""

    def __init__(
        self,
        path: Path,
        *,
        threads: int = 1,
        device: str = "auto",
        hotwords: str = "",
        measured: bool = True,
    ) -> None:
        """`measured` False: confidences as the model has them, and all of them enough."""
        self._path = path
        self._layout = layouts.read(path)
        self._manifest = manifest.read(path)
        check_opens(path)
        self.native = native(self._layout, threads=threads, device=device)
        self._calibration = (
            calibration.read(path) if measured else calibration.ConfidenceCalibration()
        )
        self._trust = (
            trust.of(self._manifest, 0, self._calibration.least) if measured else trust.ANY
        )
        self._always = hotwords.split() if self.takes_hotwords else []

    @property
    def name(self) -> str:
        return self._manifest.name or self._path.name

    @cached_property
    def version(self) -> str:
        """The stated version, if any, the weights' SHA-256, and the words it always expects."""
        checksum = manifest.digest(self._layout.weights).sha256[:12]
        version = f"{self._manifest.version}+{checksum}" if self._manifest.version else checksum
        version += self._calibration.name
        if not self._always:
            return version
        return f"{version}+hotwords-{sha256(' '.join(self._always).encode()).hexdigest()[:8]}"

    @property
    def synthetic(self) -> bool:
        return self._manifest.synthetic

    @property
    def takes_hotwords(self) -> bool:
        return self._layout.takes_hotwords

    @property
    def max_window_ms(self) -> int:
        return self._manifest.max_window_ms

    @property
    def streams(self) -> bool:
        return self._layout.online

    def transcribe(
        self, windows: Sequence[Samples], *, final: bool, hotwords: Sequence[str] = ()
    ) -> list[Transcript]:
        """See `Recogniser`."""
        expected = hotwords or [""] * len(windows)
        heard: list[Transcript] = []
        for window, words in zip(windows, expected, strict=True):
            if len(window) < _LEAST_SAMPLES:
                heard.append(_NOTHING)
                continue
            told = self._told(window, words)
            heard.append(self.final(told, window, words) if final else self.partial(told, window))
        return heard

    def open_stream(self, *, hotwords: str = "") -> SherpaStream:
        """See `StreamingRecogniser`."""
        return SherpaStream(self, hotwords)

    def final(self, told: SherpaResult, window: Samples, hotwords: str) -> Transcript:
        """Where no probability is told, the window is heard a second time for its confidence, and a
        text too short for the sound is not believed."""
        if told.log_probabilities or not told.text:
            return self.partial(told, window)
        again = self._told(once_more(window), hotwords)
        sure = agreement(told.text, again.text)
        heard = transcript(self._timed(told), window, self._trust, confidence=sure)
        believed = heard.intelligible and not belief.sparse(window, heard)
        return self._calibration.applied(replace(heard, intelligible=believed))

    def partial(self, told: SherpaResult, window: Samples) -> Transcript:
        heard = transcript(self._timed(told), window, self._trust)
        return self._calibration.applied(heard) if told.log_probabilities else heard

    def _timed(self, told: SherpaResult) -> SherpaResult:
        """Tokens at the first sound of their characters."""
        lag_s = self._manifest.token_lag_ms / 1000
        return replace(told, begins_s=tuple(max(0.0, at - lag_s) for at in told.begins_s))

    def opened(self, hotwords: str) -> Any:
        """A stream of sherpa-onnx's own."""
        expected = [*self._always, *hotwords.split()] if self.takes_hotwords else []
        words = spelled(expected, self._known)
        return self.native.create_stream(words) if words else self.native.create_stream()

    def _told(self, window: Samples, hotwords: str) -> SherpaResult:
        if self._layout.online:
            opened = OpenWindow(self, hotwords)
            opened.feed(window)
            return opened.finish()
        stream = self.opened(hotwords)
        stream.accept_waveform(SAMPLE_RATE, window)
        self.native.decode_stream(stream)
        return _offline_told(stream.result)

    @cached_property
    def _known(self) -> frozenset[str]:
        """The tokens it can write."""
        text = self._layout.files["tokens"].read_text("utf-8")
        return frozenset(line.rsplit(maxsplit=1)[0] for line in text.splitlines() if line.split())

    @cached_property
    def tail(self) -> Samples:
        """Silence after the last sample, until everything is written: a chunk, and what it sees
        of the next."""
        stated = self._layout.stated
        frames = int(stated.get("T") or stated.get("window_size") or _USUAL_CHUNK)
        return np.zeros(int((frames / _FRAMES_PER_S + _SPARE_TAIL_S) * SAMPLE_RATE), np.float32)


class OpenWindow:
    """A window of an online model: decoded in the model's own chunks, however it is fed."""

    def __init__(self, recogniser: SherpaRecogniser, hotwords: str) -> None:
        self._native = recogniser.native
        self._stream = recogniser.opened(hotwords)
        self._tail = recogniser.tail

    def feed(self, samples: Samples) -> None:
        self._stream.accept_waveform(SAMPLE_RATE, samples)
        self._decode()

    def so_far(self) -> SherpaResult:
        return _online_told(self._native.recognizer.get_result(self._stream))

    def finish(self) -> SherpaResult:
        """Nothing more comes: what is still inside is written."""
        self._stream.accept_waveform(SAMPLE_RATE, self._tail)
        self._stream.input_finished()
        self._decode()
        return self.so_far()

    def _decode(self) -> None:
        while self._native.is_ready(self._stream):
            self._native.decode_stream(self._stream)


class SherpaStream:
    """See `RecogniserStream`."""

    def __init__(self, recogniser: SherpaRecogniser, hotwords: str) -> None:
        self._recogniser = recogniser
        self._hotwords = hotwords
        self._open = OpenWindow(recogniser, hotwords)
        self._parts: list[Samples] = []

    def hear(self, samples: Samples) -> None:
        self._parts.append(samples)
        self._open.feed(samples)

    def so_far(self) -> Transcript:
        return self._recogniser.partial(self._open.so_far(), self._window)

    def finish(self) -> Transcript:
        window = self._window
        if len(window) < _LEAST_SAMPLES:
            return _NOTHING
        return self._recogniser.final(self._open.finish(), window, self._hotwords)

    @property
    def _window(self) -> Samples:
        return np.concatenate(self._parts)


def _offline_told(result: Any) -> SherpaResult:
    return SherpaResult(
        text=result.text,
        tokens=tuple(result.tokens),
        begins_s=tuple(result.timestamps),
        log_probabilities=tuple(result.ys_log_probs),
        emotion=result.emotion,
        event=result.event,
    )


def _online_told(result: Any) -> SherpaResult:
    return SherpaResult(
        text=result.text,
        tokens=tuple(result.tokens),
        begins_s=tuple(result.timestamps),
        log_probabilities=tuple(result.ys_probs),
    )
