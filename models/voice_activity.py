"""Streaming voice activity: Silero, frame by frame, its state carried from call to call.

The network is the ONNX file that faster-whisper ships. It takes any number of 32-ms frames at
once and carries its state, so a stream fed in any chunking gives bit for bit what the whole file
gives; several frames in one call only cost less.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.errors import IncompleteModel
from models.recogniser import Samples

__all__ = ["FRAME_MS", "FRAME_SAMPLES", "SpeechProbability", "VoiceActivity", "VoiceStream"]

FRAME_SAMPLES = 512
FRAME_MS = 32
_CONTEXT_SAMPLES = 64
_STATE_SHAPE = (1, 1, 128)
_ASSET = "silero_vad_v6.onnx"


class SpeechProbability(Protocol):
    """One channel's voice activity: frames in, how likely each is speech out."""

    def feed(self, frames: Samples) -> NDArray[np.float32]:
        """`frames` is [n, 512] float32 at 16 kHz, in order; n probabilities in [0, 1]."""


class VoiceActivity:
    """The network, loaded once and shared by all channels of all calls; safe between threads."""

    def __init__(self, path: Path | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        # More threads than one only burn CPU on a network this small.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        self._network = onnxruntime.InferenceSession(
            str(path or _bundled_asset()), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def stream(self) -> VoiceStream:
        """A fresh stream for one channel."""
        return VoiceStream(self._network)


class VoiceStream:
    """One channel's state."""

    def __init__(self, network: Any) -> None:
        self._network = network
        self._hidden = np.zeros(_STATE_SHAPE, np.float32)
        self._cell = np.zeros(_STATE_SHAPE, np.float32)
        self._context = np.zeros((1, _CONTEXT_SAMPLES), np.float32)

    def feed(self, frames: Samples) -> NDArray[np.float32]:
        if not len(frames):
            return np.zeros(0, np.float32)
        tails = frames[:, -_CONTEXT_SAMPLES:]
        before = np.concatenate([self._context, tails[:-1]])
        probabilities, self._hidden, self._cell = self._network.run(
            None,
            {
                "input": np.concatenate([before, frames], axis=1),
                "h": self._hidden,
                "c": self._cell,
            },
        )
        self._context = tails[-1:].copy()
        return np.asarray(probabilities, np.float32).reshape(-1)


def _bundled_asset() -> Path:
    """Found without importing faster-whisper, which would take a second."""
    package = importlib.util.find_spec("faster_whisper")
    places = package.submodule_search_locations if package else None
    for place in places or ():
        asset = Path(place) / "assets" / _ASSET
        if asset.is_file():
            return asset
    raise IncompleteModel(Path("faster_whisper/assets"), (_ASSET,))
