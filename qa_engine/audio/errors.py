"""Why a recording cannot be analysed.

    AudioError (a QAError)
    ├── AudioNotFound       no such file, or a folder
    ├── NotAudio            empty, text, or nothing that PyAV can read as sound
    ├── AudioTooShort       a container without a single sample
    ├── AudioDamaged        not one sample of it can be decoded
    └── UnsupportedAudio    three channels, or a sample rate nobody speaks at

`str(error)` is one sentence that names the file, what was found and what to do.
"""

from __future__ import annotations

from pathlib import Path

from qa_engine.errors import QAError

__all__ = [
    "AudioDamaged",
    "AudioError",
    "AudioNotFound",
    "AudioTooShort",
    "NotAudio",
    "UnsupportedAudio",
]


class AudioError(QAError):
    """Anything wrong with a recording itself."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(str(path), found)
        self.path = path
        self.found = found

    def __str__(self) -> str:
        return f"{self.path}: {self.found}"


class AudioNotFound(AudioError):
    def __str__(self) -> str:
        return f"{self.path}: {self.found}; give the path of a recording"


class NotAudio(AudioError):
    def __str__(self) -> str:
        return f"{self.path}: {self.found}, expected a recording (wav, mp3, flac, ogg, m4a …)"


class AudioTooShort(AudioError):
    def __init__(self, path: Path) -> None:
        super().__init__(path, "holds no sound at all (zero samples)")

    def __str__(self) -> str:
        return f"{self.path}: {self.found}; record it again or leave it out"


class AudioDamaged(AudioError):
    def __init__(self, path: Path, *, at_ms: int) -> None:
        super().__init__(path, f"cannot be decoded beyond {at_ms / 1000:.1f} s")
        self.at_ms = at_ms

    def __str__(self) -> str:
        return f"{self.path}: {self.found}; copy the file again"


class UnsupportedAudio(AudioError):
    def __init__(self, path: Path, found: str, expected: str) -> None:
        super().__init__(path, found)
        self.expected = expected

    def __str__(self) -> str:
        return f"{self.path}: has {self.found}, expected {self.expected}"
