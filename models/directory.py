"""Is this directory a model of CTranslate2 or sherpa-onnx, whole and undamaged?"""

from __future__ import annotations

import json
from pathlib import Path

from models import manifest
from models.errors import CorruptModel, IncompleteModel
from models.manifest import ModelManifest
from models.sherpa import layouts

__all__ = ["WEIGHTS", "check", "verify"]

WEIGHTS = "model.bin"
_NEEDED = ("config.json", WEIGHTS, "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
_MIN_WEIGHTS_BYTES = 64
_BINARY_VERSIONS = range(1, 32)


def check(directory: Path) -> ModelManifest:
    """A quick look: the files are there, the JSON parses, the weights begin as they should.

    Raises `IncompleteModel`, `CorruptModel` or `UnusableModel`.
    """
    if layouts.is_sherpa(directory):
        layouts.read(directory)
    else:
        _check_whisper(directory)
    stated = manifest.read(directory)
    for name, expected in stated.files.items():
        _check_size(directory / name, expected.size)
    return stated


def _check_whisper(directory: Path) -> None:
    missing = [name for name in _NEEDED if not (directory / name).is_file()]
    if not any((directory / name).is_file() for name in _VOCABULARIES):
        missing.append(_VOCABULARIES[0])
    if missing:
        raise IncompleteModel(directory, tuple(missing))
    for name in ("config.json", "tokenizer.json"):
        _parse(directory / name)
    _check_header(directory / WEIGHTS)


def verify(directory: Path) -> ModelManifest:
    """`check`, and every file the manifest lists has the checksum it states.

    Raises `IncompleteModel` or `CorruptModel`.
    """
    stated = check(directory)
    for name, expected in stated.files.items():
        found = manifest.digest(directory / name)
        if found.sha256 != expected.sha256:
            raise CorruptModel(
                directory / name, f"sha256 {found.sha256[:12]}…", f"{expected.sha256[:12]}…"
            )
    return stated


def _parse(path: Path) -> None:
    try:
        json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CorruptModel(path, "text that is not JSON", "a JSON object") from error


def _check_header(path: Path) -> None:
    """CTranslate2 writes its format version, then the length and name of the model's class."""
    with path.open("rb") as file:
        head = file.read(_MIN_WEIGHTS_BYTES)
    if len(head) < _MIN_WEIGHTS_BYTES:
        raise CorruptModel(path, f"{len(head)} bytes", "the weights of a model")
    version = int.from_bytes(head[:4], "little")
    if version not in _BINARY_VERSIONS or b"Whisper" not in head:
        raise CorruptModel(path, "another kind of file", "CTranslate2 Whisper weights")


def _check_size(path: Path, expected: int) -> None:
    if not path.is_file():
        raise IncompleteModel(path.parent, (path.name,))
    found = path.stat().st_size
    if found != expected:
        raise CorruptModel(path, f"{found} bytes", f"{expected} bytes")
