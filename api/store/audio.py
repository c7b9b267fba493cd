"""Recordings by the hash of their bytes, on a local directory or any object store fsspec reads."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, insert, select

from api.private_files import private_file, private_folder
from api.store import recording_cipher
from api.store.errors import StoreError
from api.store.tables import audio


class AudioShelf:
    """Keeps each recording once. `root` is a directory or a URL such as s3://bucket/prefix."""

    def __init__(self, root: str | Path) -> None:
        self._files, self._root = _filesystem(str(root))

    def keep(self, recording: Path, digest: str) -> None:
        """Copy `recording` to its place, whole or not at all, encrypted where there is a key; done
        at once if it is there.
        """
        name = self._name(digest)
        try:
            if self._files.exists(name):
                return
            part = f"{name}.{uuid.uuid4().hex}.part"
            if "file" in self._files.protocol:
                private_folder(Path(name).parent)
                private_file(Path(part))
            else:
                self._files.makedirs(name.rsplit("/", 1)[0], exist_ok=True)
            size = recording.stat().st_size
            with recording.open("rb") as source, self._files.open(part, "wb") as target:
                recording_cipher.encrypt(source, target, size)
            self._files.mv(part, name)
        except OSError as error:
            reason = (error.strerror or type(error).__name__).lower()
            raise StoreError(
                f"audio shelf: cannot keep a recording ({reason}); make room or name another"
            ) from None

    def note(self, connection: Connection, digest: str, size_bytes: int) -> None:
        """Say in the caller's transaction where a recording is kept."""
        if connection.scalar(select(audio.c.hash).where(audio.c.hash == digest)) is None:
            place = self._files.unstrip_protocol(self._name(digest))
            row = {"hash": digest, "location": place, "size_bytes": size_bytes}
            connection.execute(insert(audio).values(row))

    def _name(self, digest: str) -> str:
        safe = "".join(c for c in digest if c.isalnum())
        return f"{self._root.rstrip('/')}/{safe[:2]}/{safe}"


def open_kept(connection: Connection, digest: str) -> IO[bytes]:
    """A recording's plain bytes, seekable. Raises StoreError when it was never kept or is gone, or
    was encrypted with a key that is not here.
    """
    gone = StoreError(f"audio {digest[:12]}…: not on a shelf; it was purged or never kept")
    location = connection.scalar(select(audio.c.location).where(audio.c.hash == digest))
    if location is None:
        raise gone
    files, name = _filesystem(location)
    try:
        file: IO[bytes] = files.open(name, "rb")
    except FileNotFoundError:
        raise gone from None
    return recording_cipher.opened(file)


def remove(location: str) -> None:
    """Delete a kept recording; nothing happens when it is not there. Raises StoreError."""
    files, name = _filesystem(location)
    try:
        if files.exists(name):
            files.rm(name)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise StoreError(f"audio shelf: cannot remove a recording ({reason})") from None


def _filesystem(where: str) -> tuple[Any, str]:
    import fsspec

    try:
        files, name = fsspec.core.url_to_fs(where)
    except (ImportError, ValueError) as error:
        raise StoreError(
            f"audio shelf: no driver for this address ({error}); install the fsspec driver "
            "it names, or give a directory"
        ) from None
    return files, name
