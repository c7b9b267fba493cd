"""Samples without a header, decoded by what somebody says they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.recogniser import Samples
from qa_engine.audio.errors import AudioNotFound, AudioTooShort
from qa_engine.audio.reading import RawFormat

__all__ = ["raw_frames"]

_PIECE_BYTES = 1 << 14


def raw_frames(path: Path, raw: RawFormat) -> Iterator[Samples]:
    """[1, n] float32 at `raw.sample_rate`. Raises AudioNotFound or AudioTooShort."""
    import av

    decoder = av.CodecContext.create(raw.codec, "r")
    decoder.sample_rate = raw.sample_rate  # type: ignore[attr-defined]
    decoder.layout = "mono"  # type: ignore[attr-defined]
    found = False
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                for frame in decoder.decode(av.Packet(piece)):  # type: ignore[attr-defined]
                    found = True
                    data = frame.to_ndarray().reshape(1, -1)
                    yield np.asarray(data.astype(np.float32) / 32_768.0, np.float32)
    except OSError as error:
        raise AudioNotFound(path, (error.strerror or "cannot be opened").lower()) from error
    if not found:
        raise AudioTooShort(path)
