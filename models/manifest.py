"""`manifest.json`: what a model directory says about itself, and the checksums of its files.

The bundled model's is written by its recipe, a fetched model's by the download; a directory
without one is taken as a stock Whisper conversion.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.errors import CorruptModel

__all__ = ["FILE_NAME", "FileDigest", "ModelManifest", "digest", "read", "write"]

FILE_NAME = "manifest.json"
_STOCK_WINDOW_MS = 30_000
# It is trained on windows of up to 10 s.
_RECIPE_WINDOW_MS = 9_000
# Measured on nano_zh: foreign and real human speech scores .1-.4, the speech it knows .45-.95.
_STOCK_MIN_CONFIDENCE = 0.35
_RECIPE_MIN_CONFIDENCE = 0.40


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigest:
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelManifest:
    """The defaults are a stock Whisper conversion."""

    name: str = ""
    version: str = ""
    """Empty: the checksum of the weights stands for it."""
    source: str = ""
    """Where the files came from, such as `hub:owner/name@revision`."""
    synthetic: bool = False
    """Trained on synthetic speech only."""
    short_windows: bool = False
    """True when the encoder was trained on windows of their own length, not padded to 30 s."""
    language_prompt: bool = True
    """False: it knows Mandarin only, and hears best without being told the language."""
    hotwords: bool = True
    """False: it was never trained with text before the sound, which would only confuse it."""
    max_window_ms: int = _STOCK_WINDOW_MS
    min_confidence: float = _STOCK_MIN_CONFIDENCE
    """Geometric mean of the token probabilities below which the text is not to be believed."""
    token_lag_ms: int = 0
    """Of a sherpa-onnx model: how long after a character's first sound its token is timed."""
    files: Mapping[str, FileDigest] = field(default_factory=dict)

    @property
    def size_bytes(self) -> int:
        """All listed files together."""
        return sum(file.size for file in self.files.values())


def read(directory: Path) -> ModelManifest:
    """The directory's manifest, or the stock one; keys it does not know are left alone.

    Raises `CorruptModel`.
    """
    path = directory / FILE_NAME
    if not path.is_file():
        return ModelManifest()
    try:
        return _parse(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CorruptModel(path, "a manifest that cannot be read", "a JSON object") from error


def _parse(data: dict[str, Any]) -> ModelManifest:
    sizes = data.get("bytes", {})
    files = {
        name: FileDigest(size=int(sizes[name]), sha256=str(checksum))
        for name, checksum in data.get("sha256", {}).items()
    }
    # What our own recipe trains hears short windows and Mandarin, unless it says otherwise.
    synthetic = bool(data.get("synthetic", False))
    short = bool(data.get("short_windows", synthetic))
    longest = _RECIPE_WINDOW_MS if short else _STOCK_WINDOW_MS
    sure = _RECIPE_MIN_CONFIDENCE if synthetic else _STOCK_MIN_CONFIDENCE
    return ModelManifest(
        name=str(data.get("name", "")),
        version=str(data.get("version", "")),
        source=str(data.get("source", "")),
        synthetic=synthetic,
        short_windows=short,
        language_prompt=bool(data.get("language_prompt", not synthetic)),
        hotwords=bool(data.get("hotwords", not synthetic)),
        max_window_ms=int(data.get("max_window_ms", longest)),
        min_confidence=float(data.get("min_confidence", sure)),
        token_lag_ms=int(data.get("token_lag_ms", 0)),
        files=files,
    )


def write(directory: Path, manifest: ModelManifest) -> None:
    data = asdict(manifest)
    del data["files"]
    data["sha256"] = {name: file.sha256 for name, file in manifest.files.items()}
    data["bytes"] = {name: file.size for name, file in manifest.files.items()}
    text = json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True)
    (directory / FILE_NAME).write_text(text + "\n", encoding="utf-8")


def digest(path: Path) -> FileDigest:
    """Size and SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    return FileDigest(size=path.stat().st_size, sha256=checksum)


def digests(directory: Path, names: Iterable[str]) -> dict[str, FileDigest]:
    return {name: digest(directory / name) for name in sorted(names)}
