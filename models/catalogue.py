"""The published models a person can name, and where each one lives.

Only multilingual Whisper conversions stand here: the English-only ones (`*.en`, `distil-*`)
cannot hear Mandarin.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from models.errors import UnknownModel

__all__ = ["BUNDLED", "CATALOGUE", "PublishedModel", "bundled_directory", "find", "names"]

BUNDLED = "nano_zh"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedModel:
    """A model that is fetched once by name."""

    name: str
    repository: str
    """`owner/name` on the Hugging Face Hub."""
    download_mb: int
    """About this many megabytes of weights."""
    note: str
    """One line for a person who chooses."""


CATALOGUE: tuple[PublishedModel, ...] = (
    PublishedModel(
        name="tiny",
        repository="Systran/faster-whisper-tiny",
        download_mb=78,
        note="fastest; Mandarin telephone speech is often wrong",
    ),
    PublishedModel(
        name="base",
        repository="Systran/faster-whisper-base",
        download_mb=148,
        note="fast; for trying things out",
    ),
    PublishedModel(
        name="small",
        repository="Systran/faster-whisper-small",
        download_mb=486,
        note="the least that suits real calls on a CPU",
    ),
    PublishedModel(
        name="medium",
        repository="Systran/faster-whisper-medium",
        download_mb=1530,
        note="better; slow without a GPU",
    ),
    PublishedModel(
        name="large-v1",
        repository="Systran/faster-whisper-large-v1",
        download_mb=3090,
        note="superseded by large-v3",
    ),
    PublishedModel(
        name="large-v2",
        repository="Systran/faster-whisper-large-v2",
        download_mb=3090,
        note="accurate; invents less in silence than v3",
    ),
    PublishedModel(
        name="large-v3",
        repository="Systran/faster-whisper-large-v3",
        download_mb=3090,
        note="most accurate; needs a GPU for live calls",
    ),
    PublishedModel(
        name="large-v3-turbo",
        repository="mobiuslabsgmbh/faster-whisper-large-v3-turbo",
        download_mb=1620,
        note="recommended: near large-v3 at a fraction of its cost",
    ),
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
