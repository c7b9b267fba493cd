"""A recording as blocks of 16 kHz float32, one row for each channel, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.audio.errors import AudioDamaged, AudioTooShort, AudioTruncated
from qa_engine.audio.probe import AudioFormat, describe, open_audio
from qa_engine.audio.resample import Resampler

__all__ = ["blocks"]

_TOLERANCE_MS = 500
_TOLERANCE = 0.01


def blocks(path: Path, *, block_ms: int = 1_000) -> Iterator[Samples]:
    """[channels, n] blocks in [-1, 1], each `block_ms` long except the last.

    Raises `AudioError`: on the first block for a file that is no recording, in the midst of them
    for one that is damaged, after the last for one that is cut off.
    """
    with open_audio(path) as container:
        audio_format = describe(path, container)
        resampled = _resampled(path, container, audio_format)
        yield from _blocked(resampled, block_ms * SAMPLE_RATE // 1000)


def _resampled(path: Path, container: Any, audio_format: AudioFormat) -> Iterator[Samples]:
    rate, channels = audio_format.sample_rate, audio_format.channels
    resampler = Resampler(rate=rate, channels=channels)
    decoded = 0
    native = (_floats(frame, channels) for frame in _frames(path, container, audio_format))
    # A codec's frames are as short as 20 ms: resampled one by one they cost ten times as much.
    for samples in _blocked(native, rate // 2):
        decoded += samples.shape[1]
        yield resampler.feed(samples)
    yield resampler.close()
    if not decoded:
        raise AudioTooShort(path)
    held_ms = decoded * 1000 // rate
    promised_ms = audio_format.promised_ms or 0
    if held_ms < promised_ms * (1 - _TOLERANCE) - _TOLERANCE_MS:
        raise AudioTruncated(path, promised_ms=promised_ms, held_ms=held_ms)


def _frames(path: Path, container: Any, audio_format: AudioFormat) -> Iterator[Any]:
    import av

    decoded = 0
    try:
        for frame in container.decode(audio=0):
            decoded += frame.samples
            yield frame
    except av.FFmpegError as error:
        at_ms = decoded * 1000 // audio_format.sample_rate
        raise AudioDamaged(path, at_ms=at_ms) from error


def _floats(frame: Any, channels: int) -> Samples:
    """[channels, n] float32 of a PyAV frame, whatever its sample format."""
    data = frame.to_ndarray()
    if not frame.format.is_planar:
        data = data.reshape(-1, channels).T
    if data.dtype.kind == "f":
        # One NaN would stay in the state of everything that listens after it.
        return np.nan_to_num(np.ascontiguousarray(data, np.float32), posinf=1.0, neginf=-1.0)
    if data.dtype == np.uint8:
        return np.asarray((data.astype(np.float32) - 128.0) / 128.0, np.float32)
    full_scale = float(2 ** (8 * data.dtype.itemsize - 1))
    return np.asarray(data.astype(np.float32) / full_scale, np.float32)


def _blocked(pieces: Iterator[Samples], size: int) -> Iterator[Samples]:
    """The same samples in blocks of `size`, the last one shorter."""
    waiting: list[Samples] = []
    held = 0
    for piece in pieces:
        waiting.append(piece)
        held += piece.shape[1]
        if held < size:
            continue
        joined = np.concatenate(waiting, axis=1)
        whole = held // size * size
        for start in range(0, whole, size):
            yield joined[:, start : start + size]
        waiting, held = [joined[:, whole:].copy()], held - whole
    if held:
        yield np.concatenate(waiting, axis=1)
