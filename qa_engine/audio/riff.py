"""The header of a RIFF/WAVE file: where its samples begin and how many it promises.

FFmpeg plays a cut-off WAV to its end without a word, so the promise is read here. Source:
Multimedia Programming Interface and Data Specifications 1.0 (1991), RIFF and WAVE chunks.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

__all__ = ["HEAD_BYTES", "Promise", "parse"]

HEAD_BYTES = 1 << 16
# Written by tools that stream and cannot go back to fill in the length.
_UNKNOWN_LENGTHS = {0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF, 0xFFFFF000}
_UNKNOWN_ABOVE = 0xFFFFFF00
_MISTOLD = {0x0002, 0x0011}
"""ADPCM of Microsoft and of IMA: FFmpeg writes twice as many bytes a second as there are; their
blocks tell how many samples each holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    data_offset: int
    data_bytes: int
    bytes_per_s: int
    """0 where what the header says of it cannot be believed."""


def parse(head: bytes) -> Promise | None:
    """What a WAV whose first bytes are `head` promises; None for anything else or no promise."""
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None
    at, bytes_per_s = 12, 0
    while at + 8 <= len(head):
        name, size = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"fmt " and at + 20 <= len(head):
            (tag,) = struct.unpack_from("<H", head, at + 8)
            (stated,) = struct.unpack_from("<I", head, at + 16)
            bytes_per_s = _of_blocks(head, at + 8) if tag in _MISTOLD else stated
        if name == b"data":
            if size in _UNKNOWN_LENGTHS or size >= _UNKNOWN_ABOVE:
                return None
            return Promise(data_offset=at + 8, data_bytes=size, bytes_per_s=bytes_per_s)
        at += 8 + size + size % 2
    return None


def _of_blocks(head: bytes, at: int) -> int:
    """Bytes a second of a format chunk whose content begins at `at`; 0 where it does not say."""
    if at + 20 > len(head):
        return 0
    (rate,) = struct.unpack_from("<I", head, at + 4)
    (block,) = struct.unpack_from("<H", head, at + 12)
    (samples,) = struct.unpack_from("<H", head, at + 18)
    return int(rate * block // samples) if samples else 0
