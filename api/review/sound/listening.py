"""A call's sound: the bytes of its recording as a browser can play them, each hearing noted."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from api.private_files import private_folder
from api.store import Store, audit
from api.store.audio import open_kept
from api.store.tables import audio, calls

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
_PLAYED_WAVES = {1, 3, 6, 7, 0xFFFE}
"""PCM, float, A-law, μ-law; GSM and ADPCM also come as .wav, and browsers are silent then."""


@dataclass(frozen=True, slots=True)
class Sound:
    """An open recording and what a browser should take it for."""

    file: IO[bytes]
    size: int
    kind: str


def has_sound(connection: Connection, call_id: str) -> bool:
    digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id))
    return is_kept(connection, digest or "")


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
    """The media type; empty for what browsers cannot play."""
    head = file.read(22)
    file.seek(0)
    if head[8:16] == b"WAVEfmt " and int.from_bytes(head[20:22], "little") not in _PLAYED_WAVES:
        return ""
    return next((kind for sign, at, kind in _MAGIC if head[at : at + len(sign)] == sign), "")


def is_kept(connection: Connection, digest: str) -> bool:
    return connection.scalar(select(audio.c.hash).where(audio.c.hash == digest)) is not None


def _encoded(store: Store, digest: str, cache: Path) -> Path:
    from qa_engine.audio.decode import blocks
    from qa_engine.report.sound import encode

    made = cache / f"{''.join(c for c in digest if c.isalnum())}.webm"
    if not made.exists():
        private_folder(cache)
        with (
            as_path(store, digest) as path,
            tempfile.NamedTemporaryFile(dir=cache, delete=False) as part,
        ):
            part.write(encode(blocks(path)))
        Path(part.name).replace(made)
    return made


@contextmanager
def as_path(store: Store, digest: str) -> Iterator[Path]:
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
