"""How a recording is to be read, where the file does not say so itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["AS_IT_IS", "ENCODINGS", "RawFormat", "Reading", "raw_format"]

ENCODINGS: Mapping[str, tuple[str, int]] = {
    "mulaw": ("pcm_mulaw", 8_000),
    "alaw": ("pcm_alaw", 8_000),
    "linear16": ("pcm_s16le", 8_000),
    "vox": ("adpcm_ima_oki", 8_000),
}
"""Raw encodings by name: the codec, and the rate they have where nobody says."""

_ENDINGS = {".ul": "mulaw", ".ulaw": "mulaw", ".al": "alaw", ".alaw": "alaw", ".vox": "vox"}


@dataclass(frozen=True, slots=True)
class RawFormat:
    """Samples without a header, one channel."""

    encoding: str
    """One of `ENCODINGS`."""
    sample_rate: int

    @property
    def codec(self) -> str:
        return ENCODINGS[self.encoding][0]


@dataclass(frozen=True, slots=True)
class Reading:
    """`raw`: the file has no header. `channels`: which of its channels, from 0, in this order."""

    raw: RawFormat | None = None
    channels: tuple[int, ...] | None = None


AS_IT_IS = Reading()


def raw_format(path: Path) -> RawFormat | None:
    """What a file's ending says of samples without a header, such as `.vox`."""
    encoding = _ENDINGS.get(path.suffix.lower())
    return RawFormat(encoding, ENCODINGS[encoding][1]) if encoding else None
