"""Which files are recordings by their ending, and why another is left out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from api.batch.names import shown
from phrasebook.messages import say

__all__ = ["AUDIO_SUFFIXES", "LeftOut", "why_left_out"]

AUDIO_SUFFIXES = frozenset(
    ".wav .mp3 .flac .ogg .opus .m4a .aac .wma .amr .awb .au .aiff .aif .webm .mp4 .mkv .gsm .ul "
    ".al .v3 .vox .3gp .3gpp".split()
)
_TEXT = frozenset(".json .jsonl .txt .srt .vtt".split())
_LISTS = frozenset(".csv .tsv .xlsx .xls .et".split())
_PACKED = frozenset(".zip .rar .7z .tar .gz .tgz .bz2".split())
_HALF = frozenset(".tmp .part .crdownload .filepart".split())


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file, or a row of a manifest, that is not judged, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


def why_left_out(path: Path, endings: Collection[str]) -> str:
    """One sentence about a file whose ending is none of `endings`."""
    ending = path.suffix.lower()
    if path.name.startswith("."):
        return say("a hidden file")
    if not ending:
        return say("no ending in its name, so nobody knows what it is; give it one such as .wav")
    if ending in _HALF:
        return say("a half-copied file; wait until it is whole")
    if ending in _PACKED:
        return say("an archive; unpack it first")
    if ending in _TEXT and ".wav" in endings:
        return say("a text, not a recording; for transcripts give --transcript")
    if ending in _LISTS and ".wav" in endings:
        return say("a table, not a recording; name it itself to use it as a manifest")
    return say("ending '{ending}' is not one of a recording", ending=shown(ending))
