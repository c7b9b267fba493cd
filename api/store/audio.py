"""Recordings by the hash of their bytes, on a local directory or any object store fsspec reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, insert, select

from api.store.errors import StoreError
from api.store.tables import audio


class AudioShelf:
    """Keeps each recording once. `root` is a directory or a URL such as s3://bucket/prefix."""

    def __init__(self, root: str | Path) -> None:
        import fsspec

        try:
            self._files, self._root = fsspec.core.url_to_fs(str(root))
        except (ImportError, ValueError) as error:
            raise StoreError(
                f"audio shelf: no driver for this address ({error}); install the fsspec driver "
                "it names, or give a directory"
            ) from None

    def put(self, connection: Connection, recording: Path, digest: str) -> None:
        """Keep `recording` under its hash, and note it in the caller's transaction."""
        name = self._name(digest)
        if not self._files.exists(name):
            self._files.makedirs(name.rsplit("/", 1)[0], exist_ok=True)
            with recording.open("rb") as source, self._files.open(f"{name}.part", "wb") as target:
                shutil.copyfileobj(source, target)
            self._files.mv(f"{name}.part", name)
        if connection.scalar(select(audio.c.hash).where(audio.c.hash == digest)) is None:
            connection.execute(
                insert(audio).values(
                    hash=digest, location=name, size_bytes=recording.stat().st_size
                )
            )

    def open(self, digest: str) -> IO[bytes]:
        """The recording's bytes, seekable. Raises StoreError when it was never kept or is gone."""
        try:
            file: IO[bytes] = self._files.open(self._name(digest), "rb")
        except FileNotFoundError:
            raise StoreError(
                f"audio {digest[:12]}…: not on the shelf; it was purged or never kept"
            ) from None
        return file

    def remove(self, digest: str) -> None:
        """Forget a recording; nothing happens when it is not there."""
        if self._files.exists(self._name(digest)):
            self._files.rm(self._name(digest))

    def _name(self, digest: str) -> str:
        safe = "".join(c for c in digest if c.isalnum())
        return f"{self._root.rstrip('/')}/{safe[:2]}/{safe}"
