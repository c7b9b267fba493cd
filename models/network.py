"""A Whisper network in CTranslate2, opened on what the machine has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models import directory
from models.errors import CorruptModel

__all__ = ["bands", "load"]


def bands(path: Path) -> int:
    """Mel bands the model was trained on: 128 for large-v3 and its children, else 80."""
    import json

    stated = path / "preprocessor_config.json"
    if stated.is_file():
        return int(json.loads(stated.read_text(encoding="utf-8")).get("feature_size", 80))
    return 80


def load(path: Path, device: str, *, threads: int) -> Any:
    """`device` as in `WhisperOptions`. Raises `ModelError` for weights that do not load."""
    import ctranslate2

    if device == "auto":
        device = "cuda" if ctranslate2.get_cuda_device_count() else "cpu"
    try:
        return ctranslate2.models.Whisper(
            str(path),
            device=device,
            compute_type=_compute_type(device),
            intra_threads=threads,
        )
    except (RuntimeError, ValueError) as error:
        raise CorruptModel(
            path / directory.WEIGHTS, "weights that do not load", "a CTranslate2 Whisper model"
        ) from error


def _compute_type(device: str) -> str:
    """Half precision where a GPU has it (Pascal and older do not), int8 on CPUs."""
    import ctranslate2

    if device == "cpu":
        return "int8"
    supported = ctranslate2.get_supported_compute_types(device)
    return "float16" if "float16" in supported else "float32"
