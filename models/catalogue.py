"""The published models a person can name, and where each one lives.

Of Whisper only multilingual conversions stand here: the English-only ones (`*.en`, `distil-*`)
cannot hear Mandarin.
"""

from __future__ import annotations

from pathlib import Path

from models.errors import UnknownModel
from models.published import PublishedModel
from models.sherpa.published import SHERPA

__all__ = ["BUNDLED", "CATALOGUE", "PublishedModel", "bundled_directory", "find", "names"]

BUNDLED = "nano_zh"


_MIT = "MIT"

CATALOGUE: tuple[PublishedModel, ...] = (
    PublishedModel(
        name="tiny",
        repository="Systran/faster-whisper-tiny",
        download_mb=78,
        licence=_MIT,
        note="fastest; Mandarin telephone speech is often wrong",
    ),
    PublishedModel(
        name="base",
        repository="Systran/faster-whisper-base",
        download_mb=148,
        licence=_MIT,
        note="fast; for trying things out",
    ),
    PublishedModel(
        name="small",
        repository="Systran/faster-whisper-small",
        download_mb=486,
        licence=_MIT,
        note="the least that suits real calls on a CPU",
    ),
    PublishedModel(
        name="medium",
        repository="Systran/faster-whisper-medium",
        download_mb=1530,
        licence=_MIT,
        note="better; slow without a GPU",
    ),
    PublishedModel(
        name="large-v1",
        repository="Systran/faster-whisper-large-v1",
        download_mb=3090,
        licence=_MIT,
        note="superseded by large-v3",
    ),
    PublishedModel(
        name="large-v2",
        repository="Systran/faster-whisper-large-v2",
        download_mb=3090,
        licence=_MIT,
        note="accurate; invents less in silence than v3",
    ),
    PublishedModel(
        name="large-v3",
        repository="Systran/faster-whisper-large-v3",
        download_mb=3090,
        licence=_MIT,
        note="most accurate; needs a GPU for live calls",
    ),
    PublishedModel(
        name="large-v3-turbo",
        repository="mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        download_mb=1620,
        licence=_MIT,
        note="recommended: near large-v3 at a fraction of its cost",
    ),
    *SHERPA,
)

_ALIASES = {"large": "large-v3", "turbo": "large-v3-turbo"}


def names() -> tuple[str, ...]:
    """Every name that `open_recogniser` takes, the bundled model first."""
    return (BUNDLED, *(model.name for model in CATALOGUE))


def find(name: str) -> PublishedModel:
    """The published model called `name`; a Hub repository (`owner/name`) stands for itself.

    Raises `UnknownModel`, with the nearest known name.
    """
    wanted = _ALIASES.get(name, name)
    for model in CATALOGUE:
        if model.name == wanted:
            return model
    if _is_repository(name):
        return PublishedModel(name=name, repository=name, download_mb=0, note="from the Hub")
    raise UnknownModel(name, (*names(), *_ALIASES))


def bundled_directory() -> Path:
    """Where the model that ships with the package lies."""
    return Path(__file__).parent / BUNDLED


def _is_repository(name: str) -> bool:
    owner, slash, rest = name.partition("/")
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    return bool(slash and owner and rest) and owner[0].isalnum() and set(owner + rest) <= allowed
