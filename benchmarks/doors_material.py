"""What goes through the doors in `doors_load.py`: generated calls one after another, with their
words. Not a benchmark itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from api.clients.recording import LineAudio, line_audio
from api.live.wire_audio import Encoding
from benchmarks.generated_calls import make_call
from models.training.calls import write_flac

FIRST_SEED = 9_000
"""Voices and wordings that the bundled model was not trained on."""


@dataclass(frozen=True, slots=True)
class Material:
    """One long call. `said`: role, text, begin_ms, end_ms of each line; `name` tells it apart."""

    name: str
    audio: LineAudio
    said: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    path: Path
    duration_ms: float
    said: tuple[dict[str, Any], ...]


class Shelf:
    """Calls of their own for each line, the same for all doors."""

    def __init__(self, folder: Path, *, minutes: float, lines: int) -> None:
        self._folder = folder
        self._parts: list[list[_Part]] = []
        seed = FIRST_SEED
        for _ in range(lines):
            parts: list[_Part] = []
            while sum(part.duration_ms for part in parts) < minutes * 60_000:
                parts.append(self._made(seed))
                seed += 1
            self._parts.append(parts)
        self.material = cache(self._material)

    def _made(self, seed: int) -> _Part:
        _, call = make_call(seed)
        path = self._folder / f"{seed}.flac"
        write_flac(call, path)
        return _Part(path, call.seconds * 1_000, call.utterances)

    def _material(self, line: int, encoding: Encoding) -> Material:
        sounds = [line_audio(part.path, encoding) for part in self._parts[line]]
        said: list[dict[str, Any]] = []
        at_ms = 0
        for part, sound in zip(self._parts[line], sounds, strict=True):
            for one in part.said:
                times = {name: one[name] + at_ms for name in ("begin_ms", "end_ms")}
                said.append({"role": one["role"], "text": one["text"]} | times)
            at_ms += sound.duration_ms
        audio = LineAudio(sounds[0].format, b"".join(sound.data for sound in sounds))
        return Material(f"{line}-{encoding.value}", audio, tuple(said))
