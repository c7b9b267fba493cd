"""A recording as blocks of 16 kHz float32, one row for each channel, in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from models.recogniser import SAMPLE_RATE, Samples
from qa_engine.audio.damage import Damage
from qa_engine.audio.endings import unmarked_end
from qa_engine.audio.errors import AudioDamaged, AudioTooShort
from qa_engine.audio.frames import frames
from qa_engine.audio.probe import AudioFormat, describe, describe_raw, open_audio, stated_ms
from qa_engine.audio.raw import raw_frames
from qa_engine.audio.reading import AS_IT_IS, Reading, raw_format
from qa_engine.audio.resample import Resampler

__all__ = ["blocks"]


def blocks(
    path: Path,
    *,
    block_ms: int = 1_000,
    how: Reading = AS_IT_IS,
    damage: Damage | None = None,
) -> Iterator[Samples]:
    """[channels, n] blocks in [-1, 1], each `block_ms` long except the last.

    What cannot be decoded is silence, and told in `damage` once the last block was read. Raises
    `AudioError` on the first block: for a file that is no recording, or holds not one sample.
    """
    size = block_ms * SAMPLE_RATE // 1000
    damage = damage if damage is not None else Damage()
    raw = how.raw or raw_format(path)
    if raw is not None:
        described = describe_raw(raw)
        sound = _resampled(path, raw_frames(path, raw), described, damage)
        yield from _blocked(sound, size)
        return
    with open_audio(path) as container:
        described = describe(path, container, how.channels)
        damage.promised_ms = stated_ms(path) or described.promised_ms or 0
        damage.broken_off = described.container == "ogg" and unmarked_end(path)
        native = frames(container, described, damage)
        if how.channels is not None:
            rows = list(how.channels)
            native = (piece[rows] for piece in native)
        yield from _blocked(_resampled(path, native, described, damage), size)


def _resampled(
    path: Path, native: Iterator[Samples], audio_format: AudioFormat, damage: Damage
) -> Iterator[Samples]:
    rate = audio_format.sample_rate
    resampler = Resampler(rate=rate, channels=audio_format.channels)
    decoded = 0
    # A codec's frames are as short as 20 ms: resampled one by one they cost ten times as much.
    for samples in _blocked(native, rate // 2):
        decoded += samples.shape[1]
        yield resampler.feed(samples)
    yield resampler.close()
    damage.held_ms = decoded * 1000 // rate
    if not decoded and damage.promised_ms:
        raise AudioDamaged(path, at_ms=0)
    if not decoded:
        raise AudioTooShort(path)


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
