"""A call's sound: the bytes of its recording as a browser can play them, each hearing noted."""

from __future__ import annotations

import hashlib
import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from sqlalchemy import Connection, select

from api.private_files import private_folder
from api.store import Store, recording_cipher
from api.store.audio import open_kept
from api.store.reveal import covered_spans
from api.store.tables import audio, calls
from qa_engine.audio.mute import TimeSpan, write_muted

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
class OpenRecording:
    """An open recording and what a browser should take it for."""

    file: IO[bytes]
    size: int
    kind: str


def has_sound(connection: Connection, call_id: str) -> bool:
    """Whether the store knows a recording of the call."""
    digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id))
    return is_kept(connection, digest or "")


def open_sound(store: Store, call_id: str, cache: Path, *, muted: bool = False) -> OpenRecording:
    """The recording, re-encoded once into `cache` when browsers cannot play it as it is; `muted`:
    silent wherever the transcript covers a number.

    Raises StoreError when it is not kept.
    """
    with store.reading() as connection:
        digest = connection.scalar(select(calls.c.audio_hash).where(calls.c.id == call_id)) or ""
        spans = covered_spans(connection, call_id) if muted else []
        file = open_kept(connection, digest)
    kind = _kind(file)
    if spans:
        file.close()
        file, kind = _muted(store, digest, spans, cache), "audio/flac"
    elif not kind:
        file.close()
        copy = _encoded(store, digest, cache).open("rb")
        file, kind = recording_cipher.opened(copy), "audio/webm"
    size = file.seek(0, 2)
    file.seek(0)
    return OpenRecording(file, size, kind)


def _muted(store: Store, digest: str, spans: Sequence[TimeSpan], cache: Path) -> IO[bytes]:
    """A copy for those who may not hear numbers; made anew where other words are covered by now."""
    marked = hashlib.sha256(repr(list(spans)).encode()).hexdigest()[:16]
    made = cache / f"{_safe(digest)}.{marked}.flac"
    if not made.exists():
        private_folder(cache)
        with tempfile.TemporaryDirectory(dir=cache) as folder:
            plain, kept = Path(folder) / "muted.flac", Path(folder) / "kept"
            with store.reading() as connection, open_kept(connection, digest) as source:
                write_muted(source, plain, spans, name=Path(digest[:12]))
            with plain.open("rb") as source, kept.open("wb") as target:
                recording_cipher.encrypt(source, target, plain.stat().st_size)
            kept.replace(made)
    return recording_cipher.opened(made.open("rb"))


def _safe(digest: str) -> str:
    return "".join(c for c in digest if c.isalnum())


def _kind(file: IO[bytes]) -> str:
    """The media type; empty for what browsers cannot play."""
    head = file.read(22)
    file.seek(0)
    if head[8:16] == b"WAVEfmt " and int.from_bytes(head[20:22], "little") not in _PLAYED_WAVES:
        return ""
    return next((kind for sign, at, kind in _MAGIC if head[at : at + len(sign)] == sign), "")


def is_kept(connection: Connection, digest: str) -> bool:
    """Whether the store knows a recording with this digest."""
    return connection.scalar(select(audio.c.hash).where(audio.c.hash == digest)) is not None


def _encoded(store: Store, digest: str, cache: Path) -> Path:
    from qa_engine.audio.decode import blocks
    from qa_engine.report.sound import encode

    made = cache / f"{_safe(digest)}.webm"
    if not made.exists():
        private_folder(cache)
        with (
            as_path(store, digest) as path,
            tempfile.NamedTemporaryFile(dir=cache, delete=False) as part,
        ):
            sound = encode(blocks(path))
            recording_cipher.encrypt(io.BytesIO(sound), part, len(sound))
        Path(part.name).replace(made)
    return made


@contextmanager
def as_path(store: Store, digest: str) -> Iterator[Path]:
    """A local file of the recording: itself where it lies in plain, else a copy for the while."""
    with store.reading() as connection:
        location = connection.scalar(select(audio.c.location).where(audio.c.hash == digest)) or ""
        parts = urlsplit(location)
        here = Path(parts.path) if parts.scheme in ("", "file") else None
        if here is not None and here.is_file() and not _is_encrypted(here):
            yield here
            return
        with open_kept(connection, digest) as source, tempfile.NamedTemporaryFile() as copy:
            shutil.copyfileobj(source, copy)
            copy.flush()
            yield Path(copy.name)


def _is_encrypted(path: Path) -> bool:
    with path.open("rb") as file:
        return recording_cipher.is_encrypted(file)
