"""Whether a recording ends where its format says it does, where no header tells its length.

Whoever writes a file writes whole frames, and marks the last page of an Ogg stream. A file whose
last frame is cut, or whose last page has no mark, goes on somewhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

__all__ = ["cut_frame", "has_frame_count", "unmarked_end"]

_TAIL_BYTES = 1 << 17
_HEAD_BYTES = 1 << 13
_AMR_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6, 6, 6, 6, 1, 1, 1, 1)
"""Of a frame of each type, the octet that names it included (RFC 4867)."""
_MP3_KBIT = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Layer III, of MPEG-1 and of the half and quarter rates."""
_MP3_HZ = (44_100, 48_000, 32_000)


def _mp3(frame: bytes) -> int:
    version, layer = frame[1] >> 3 & 3, frame[1] >> 1 & 3
    if frame[0] != 0xFF or frame[1] < 0xE0 or version == 1 or layer != 1:
        return 0
    kbit, hz = frame[2] >> 4, frame[2] >> 2 & 3
    if kbit in (0, 15) or hz == 3:
        return 0
    first = version == 3
    rate = _MP3_HZ[hz] // (1 if first else 2 if version == 2 else 4)
    spread = 144_000 if first else 72_000
    return spread * _MP3_KBIT[first][kbit] // rate + (frame[2] >> 1 & 1)


def _adts(frame: bytes) -> int:
    if frame[0] != 0xFF or frame[1] & 0xF6 != 0xF0:
        return 0
    return (frame[3] & 3) << 11 | frame[4] << 3 | frame[5] >> 5


def _amr(frame: bytes) -> int:
    return _AMR_BYTES[frame[0] >> 3 & 15]


_LENGTH: Mapping[str, Callable[[bytes], int]] = {
    "mp3": _mp3,
    "mp3float": _mp3,
    "aac": _adts,
    "amrnb": _amr,
    "amr_nb": _amr,
}
_LEAST_BYTES = {"amrnb": 1, "amr_nb": 1}


def cut_frame(codec: str, frame: bytes, block_bytes: int = 0) -> bool:
    """Whether the last frame of a stream is shorter than it says; `block_bytes`: of a WMA frame."""
    if codec in ("wmav1", "wmav2"):
        return 0 < len(frame) < block_bytes
    if codec not in _LENGTH or len(frame) < _LEAST_BYTES.get(codec, 7):
        return False
    return len(frame) < _LENGTH[codec](frame)


def unmarked_end(path: Path) -> bool:
    """Whether the last page of an Ogg file is not the last of its stream."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        tail = file.read()
    page = tail.rfind(b"OggS")
    return 0 <= page < len(tail) - 5 and not tail[page + 5] & 4


def has_frame_count(path: Path) -> bool:
    """Whether an MP3 begins with a frame that counts the others (Xing, Info)."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if head[:3] == b"ID3" and len(head) > 9:
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        with path.open("rb") as file:
            file.seek(10 + size)
            head = file.read(_HEAD_BYTES)
    first = head[:256]
    at = max(first.find(b"Xing"), first.find(b"Info"))
    return at >= 0 and bool(first[at + 7] & 1 if at + 7 < len(first) else 0)
