"""A call's waveform: measured when its recording is filed, or at the first look, and kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, insert, select

from api.review.sound.listening import as_path, is_kept
from api.review.tables import waves
from api.store import Store, StoreError
from api.store.tables import calls, utterances
from qa_engine.audio.peaks import PeakMeter, Peaks

BUCKETS = 1_200
"""More than a screen shows of a call at once; 5 kB."""


def measure(recording: Path) -> Peaks:
    """Read the whole recording: an hour of stereo takes a second or two. Raises QAError."""
    from qa_engine.audio.decode import blocks
    from qa_engine.audio.probe import probe

    meter = PeakMeter(channels=probe(recording).channels)
    for block in blocks(recording):
        meter.feed(block)
    return meter.close().coarser(BUCKETS)


def save_peaks(connection: Connection, digest: str, peaks: Peaks) -> None:
    """Note the waveform of a recording, once, in the caller's transaction."""
    if connection.scalar(select(waves.c.audio_hash).where(waves.c.audio_hash == digest)):
        return
    row = {"audio_hash": digest, "bucket_ms": peaks.bucket_ms, "channels": peaks.channels}
    row |= {"low": peaks.low.tobytes(), "high": peaks.high.tobytes()}
    connection.execute(insert(waves).values(row))


def wave_of(store: Store, call_id: str) -> Peaks:
    """The waveform; without a recording, blocks where somebody spoke. Raises StoreError."""
    with store.reading() as connection:
        digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id)) or ""
        row = connection.execute(select(waves).where(waves.c.audio_hash == digest)).first()
        if row is not None:
            return _peaks(row)
        if not is_kept(connection, digest):
            return _spoken(connection, call_id)
    with as_path(store, digest) as path:
        peaks = measure(path)
    with store.writing() as connection:
        save_peaks(connection, digest, peaks)
    return peaks


def _peaks(row: Row[Any]) -> Peaks:
    low = np.frombuffer(row.low, np.int8).reshape(row.channels, -1)
    high = np.frombuffer(row.high, np.int8).reshape(row.channels, -1)
    return Peaks(bucket_ms=row.bucket_ms, low=low, high=high)


def _spoken(connection: Connection, call_id: str) -> Peaks:
    duration = connection.scalar(select(calls.c.duration_ms).where(calls.c.id == call_id))
    if duration is None:
        raise StoreError("no such call")
    bucket_ms = max(50, -(-duration // BUCKETS))
    high = np.full((2, max(1, -(-duration // bucket_ms))), 2, np.int8)
    query = select(utterances.c.channel, utterances.c.begin_ms, utterances.c.end_ms)
    for row in connection.execute(query.where(utterances.c.call_id == call_id)):
        high[min(row.channel, 1), row.begin_ms // bucket_ms : row.end_ms // bucket_ms + 1] = 60
    return Peaks(bucket_ms=bucket_ms, low=-high, high=high)
