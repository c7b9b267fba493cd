"""The published speaker network of Resemblyzer (three LSTM layers) in numpy.

Its weights are Apache-2.0 and are fetched by `qa-engine models pull voices`; what it computes is
told in Wan et al., "Generalized end-to-end loss for speaker verification" (2018). Checked against
the published implementation to 1e-5 by `benchmarks/mono_voices.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.mel import mel_power
from models.recogniser import Samples

__all__ = ["BANDS", "WINDOW_MS", "VoiceEncoder", "VoiceNetwork"]

Floats = NDArray[np.float32]

BANDS = 40
WINDOW_MS = 1_600
"""What the network was trained to look at; less says less."""
_FRAMES = WINDOW_MS // 10
_GRAIN = 10
"""Windows shorter than that are padded to whole tenths of a second, so that they share batches."""
_LAYERS = 3
_TARGET_DBFS = -30.0
_QUIETEST = 1e-6


class VoiceEncoder(Protocol):
    """Shared by all calls; safe to call from one thread at a time."""

    @property
    def name(self) -> str: ...

    def embed(self, windows: Sequence[Samples]) -> Floats:
        """One unit vector a window, [windows, size]: near (cosine) where one person speaks.

        A window is float32 mono at 16 kHz, of any length; `WINDOW_MS` of speech is enough.
        """


@dataclass(frozen=True, slots=True)
class _Layer:
    inner: Floats
    """[input, 4 x hidden], for the gates input, forget, cell, output."""
    loop: Floats
    """[hidden, 4 x hidden]."""
    bias: Floats


class VoiceNetwork:
    """`VoiceEncoder` from arrays under the published names."""

    def __init__(self, tensors: Mapping[str, Floats], name: str = "voices") -> None:
        """Raises KeyError or ValueError for tensors that are not this network's."""
        self._name = name
        self._layers = [
            _Layer(
                inner=np.ascontiguousarray(tensors[f"lstm.weight_ih_l{n}"].T),
                loop=np.ascontiguousarray(tensors[f"lstm.weight_hh_l{n}"].T),
                bias=tensors[f"lstm.bias_ih_l{n}"] + tensors[f"lstm.bias_hh_l{n}"],
            )
            for n in range(_LAYERS)
        ]
        self._out = np.ascontiguousarray(tensors["linear.weight"].T)
        self._shift = tensors["linear.bias"]
        if self._layers[0].inner.shape[0] != BANDS:
            raise ValueError(f"a network of {self._layers[0].inner.shape[0]} bands, not {BANDS}")

    @classmethod
    def load(cls, path: Path) -> VoiceNetwork:
        """From the `.npz` that `models pull voices` keeps. Raises OSError, ValueError, KeyError."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls({name: arrays[name].astype(np.float32) for name in arrays.files})

    @property
    def name(self) -> str:
        return self._name

    def embed(self, windows: Sequence[Samples]) -> Floats:
        """As `VoiceEncoder` says; a window longer than 1.6 s is the mean of its pieces."""
        pieces: list[Floats] = []
        owner: list[int] = []
        for number, window in enumerate(windows):
            for piece in _pieces(mel_power(_levelled(window), bands=BANDS)):
                pieces.append(piece)
                owner.append(number)
        if not pieces:
            return np.zeros((0, self._out.shape[1]), np.float32)
        found = np.empty((len(pieces), self._out.shape[1]), np.float32)
        for length in {len(piece) for piece in pieces}:
            alike = [n for n, piece in enumerate(pieces) if len(piece) == length]
            found[alike] = self._run(np.stack([pieces[n] for n in alike]))
        summed = np.zeros((len(windows), found.shape[1]), np.float32)
        np.add.at(summed, owner, found)
        return _unit(summed)

    def _run(self, frames: Floats) -> Floats:
        """[batch, time, bands] → [batch, size], each of length 1."""
        batch = frames.shape[0]
        sequence = np.ascontiguousarray(frames.transpose(1, 0, 2))
        for layer in self._layers:
            size = layer.loop.shape[0]
            hidden, cell = np.zeros((2, batch, size), np.float32)
            driven = sequence.reshape(-1, sequence.shape[2]) @ layer.inner + layer.bias
            driven = driven.reshape(sequence.shape[0], batch, 4 * size)
            outputs = np.empty((sequence.shape[0], batch, size), np.float32)
            for step in range(sequence.shape[0]):
                gates = driven[step] + hidden @ layer.loop
                opened = _sigmoid(gates)
                candidate = np.tanh(gates[:, 2 * size : 3 * size])
                cell = opened[:, size : 2 * size] * cell + opened[:, :size] * candidate
                hidden = opened[:, 3 * size :] * np.tanh(cell)
                outputs[step] = hidden
            sequence = outputs
        found = np.maximum(sequence[-1] @ self._out + self._shift, 0)
        return _unit(found)


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, _QUIETEST), np.float32)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (np.tanh(0.5 * x) + 1), np.float32)


def _levelled(window: Samples) -> Samples:
    """Quiet speech raised to the level the network knows; loud speech as it is."""
    power = float(np.mean(window.astype(np.float64) ** 2)) if len(window) else 0.0
    rms = max(np.sqrt(power), _QUIETEST)
    wanted = 10 ** (_TARGET_DBFS / 20)
    return (window * (wanted / rms)).astype(np.float32) if rms < wanted else window


def _pieces(mel: Floats) -> list[Floats]:
    """[frames, bands] in windows of 1.6 s, half overlapping; a short rest joins the last one."""
    count = mel.shape[0]
    if count <= _FRAMES:
        whole = -(-count // _GRAIN) * _GRAIN
        return [np.pad(mel, ((0, whole - count), (0, 0)))]
    steps = max(1, round((count - _FRAMES) / _FRAMES))
    starts = np.linspace(0, count - _FRAMES, steps + 1).round().astype(int)
    return [mel[start : start + _FRAMES] for start in starts]
