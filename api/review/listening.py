"""A call's sound: its waveform, kept after the first look, and its bytes, each hearing noted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import numpy as np
from sqlalchemy import Connection, insert, select

from api.review.tables import waves
from api.store import Store, StoreError, audit
from api.store.audio import open_kept
from api.store.tables import audio, calls, utterances
from qa_engine.audio.peaks import PeakMeter, Peaks

BUCKETS = 1_200
"""More than a screen shows of a call at once; 5 kB."""

_MAGIC = (
    (b"fLaC", 0, "audio/flac"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"\xff\xfb", 0, "audio/mpeg"),
    (b"\xff\xf3", 0, "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", 0, "audio/webm"),
    (b"ftyp", 4, "audio/mp4"),
    (b"WAVE", 8, "audio/wav"),
)


@dataclass(frozen=True, slots=True)
class Sound:
    """An open recording and what a browser should take it for."""

    file: IO[bytes]
    size: int
    kind: str


def wave_of(store: Store, call_id: str) -> Peaks:
    """The waveform; without a recording, blocks where somebody spoke. Raises StoreError."""
    with store.reading() as connection:
        digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id)) or ""
        row = connection.execute(select(waves).where(waves.c.audio_hash == digest)).first()
        if row is not None:
            return _peaks(row)
        if not _is_kept(connection, digest):
            return _spoken(connection, call_id)
    peaks = _measure(store, digest).coarser(BUCKETS)
    with store.writing() as connection:
        if not connection.execute(select(waves).where(waves.c.audio_hash == digest)).first():
            connection.execute(
                insert(waves).values(
                    audio_hash=digest,
                    bucket_ms=peaks.bucket_ms,
                    channels=peaks.channels,
                    low=peaks.low.tobytes(),
                    high=peaks.high.tobytes(),
                )
            )
    return peaks


def has_sound(connection: Connection, call_id: str) -> bool:
    digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id))
    return _is_kept(connection, digest or "")


def open_sound(store: Store, call_id: str, cache: Path) -> Sound:
    """The recording, re-encoded once into `cache` when browsers cannot play it as it is.

    Raises StoreError when it is not kept.
    """
    with store.reading() as connection:
        digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id)) or ""
        file = open_kept(connection, digest)
    kind = _kind(file)
    if not kind:
        file.close()
        file, kind = _encoded(store, digest, cache).open("rb"), "audio/webm"
    size = file.seek(0, 2)
    file.seek(0)
    return Sound(file, size, kind)


def note_hearing(store: Store, call_id: str, login: str) -> None:
    with store.writing() as connection:
        audit.record(connection, who=login, action="audio.heard", subject=call_id, detail={})


def _kind(file: IO[bytes]) -> str:
    head = file.read(16)
    file.seek(0)
    return next((kind for sign, at, kind in _MAGIC if head[at : at + len(sign)] == sign), "")


def _is_kept(connection: Connection, digest: str) -> bool:
    return connection.scalar(select(audio.c.hash).where(audio.c.hash == digest)) is not None


def _measure(store: Store, digest: str) -> Peaks:
    from qa_engine.audio.decode import blocks
    from qa_engine.audio.probe import probe

    with _as_path(store, digest) as path:
        meter = PeakMeter(channels=probe(path).channels)
        for block in blocks(path):
            meter.feed(block)
    return meter.close()


def _encoded(store: Store, digest: str, cache: Path) -> Path:
    from qa_engine.audio.decode import blocks
    from qa_engine.report.sound import encode

    made = cache / f"{''.join(c for c in digest if c.isalnum())}.webm"
    if not made.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with (
            _as_path(store, digest) as path,
            tempfile.NamedTemporaryFile(dir=cache, delete=False) as part,
        ):
            part.write(encode(blocks(path)))
        Path(part.name).replace(made)
    return made


@contextmanager
def _as_path(store: Store, digest: str) -> Iterator[Path]:
    """A local file of the recording: itself where it lies here, else a copy for the while."""
    with store.reading() as connection:
        location = connection.scalar(select(audio.c.location).where(audio.c.hash == digest)) or ""
        parts = urlsplit(location)
        if parts.scheme in ("", "file") and Path(parts.path).is_file():
            yield Path(parts.path)
            return
        with open_kept(connection, digest) as source, tempfile.NamedTemporaryFile() as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)


def _peaks(row: Any) -> Peaks:
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
