"""Recordings at rest, encrypted where the site gives a key: AES-256-GCM in pieces, so that a player
may begin anywhere without the whole being read.

    QAE1 | key's name (8) | nonce prefix (7) | size of the plain bytes (8) | pieces of 64 KiB + tag

Each piece is bound to its place, to the size and to the key: none can be moved, dropped or swapped.
A recording without that head is played as it is: it was kept before there was a key.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import struct
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.store.errors import StoreError

KEY_VARIABLE = "QA_ENGINE_RECORDING_KEY"
"""Several keys, with commas between them: the first encrypts, all of them decrypt."""
MAGIC = b"QAE1"
_HEAD = struct.Struct(">4s8s7sQ")
_PIECE = 64 * 1_024
_TAG = 16


def keys() -> Mapping[bytes, bytes]:
    """Name → key, the one in use first; none where the site gives none. Raises StoreError."""
    told = [part.strip() for part in os.environ.get(KEY_VARIABLE, "").split(",") if part.strip()]
    found = [_key(part) for part in told]
    return {hashlib.sha256(key).digest()[:8]: key for key in found}


def _key(text: str) -> bytes:
    try:
        key = urlsafe_b64decode(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise StoreError(
            f"{KEY_VARIABLE}: not a key; expected 32 bytes in URL-safe base64, as "
            "`qa-engine store new-key` prints"
        )
    return key


def encrypt(source: IO[bytes], target: IO[bytes], size: int) -> None:
    """Copy `size` bytes, encrypted where there is a key. Raises StoreError."""
    known = keys()
    if not known:
        while piece := source.read(_PIECE):
            target.write(piece)
        return
    name, key = next(iter(known.items()))
    prefix = secrets.token_bytes(7)
    head = _HEAD.pack(MAGIC, name, prefix, size)
    target.write(head)
    box, number = AESGCM(key), 0
    while piece := source.read(_PIECE):
        target.write(box.encrypt(_nonce(prefix, number), piece, head))
        number += 1


def opened(file: IO[bytes]) -> IO[bytes]:
    """The plain bytes of a kept recording, seekable. Raises StoreError without its key."""
    head = file.read(_HEAD.size)
    if not head.startswith(MAGIC) or len(head) < _HEAD.size:
        file.seek(0)
        return file
    _, name, prefix, size = _HEAD.unpack(head)
    key = keys().get(name)
    if key is None:
        file.close()
        raise StoreError(
            f"{KEY_VARIABLE}: this recording was encrypted with another key; add it after a comma"
        )
    # The buffer reads pieces ahead and gives files their usual methods.
    return io.BufferedReader(_Pieces(file, head, key, prefix, size), _PIECE)


def is_encrypted(file: IO[bytes]) -> bool:
    """Whether a kept recording is; the file stands at its beginning afterwards."""
    head = file.read(len(MAGIC))
    file.seek(0)
    return head == MAGIC


def _nonce(prefix: bytes, number: int) -> bytes:
    return prefix + number.to_bytes(5, "big")


class _Pieces(io.RawIOBase):
    """Plain bytes out of the pieces of a file, one piece in memory."""

    def __init__(self, file: IO[bytes], head: bytes, key: bytes, prefix: bytes, size: int) -> None:
        self._file, self._head, self._box = file, head, AESGCM(key)
        self._prefix, self._size = prefix, size
        self._at = 0
        self._kept: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, offset = divmod(self._at, _PIECE)
        found = self._piece(number)[offset : offset + len(buffer)]
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _piece(self, number: int) -> bytes:
        if self._kept[0] != number:
            self._file.seek(_HEAD.size + number * (_PIECE + _TAG))
            length = min(_PIECE, self._size - number * _PIECE)
            sealed = self._file.read(length + _TAG)
            try:
                plain = self._box.decrypt(_nonce(self._prefix, number), sealed, self._head)
            except InvalidTag:
                raise StoreError("audio shelf: a recording was damaged or changed") from None
            self._kept = (number, plain)
        return self._kept[1]

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()
