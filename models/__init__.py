"""Sound to text: voice activity, recognisers behind one small Protocol, where weights come from."""

from __future__ import annotations

from models.errors import (
    CorruptModel,
    DownloadFailed,
    IncompleteModel,
    ModelError,
    UnknownModel,
)
from models.opening import open_recogniser
from models.recogniser import SAMPLE_RATE, Recogniser, Samples, Transcript, Word

__all__ = [
    "SAMPLE_RATE",
    "CorruptModel",
    "DownloadFailed",
    "IncompleteModel",
    "ModelError",
    "Recogniser",
    "Samples",
    "Transcript",
    "UnknownModel",
    "Word",
    "open_recogniser",
]
