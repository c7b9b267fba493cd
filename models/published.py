"""A model that somebody published, and where it lies."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PublishedModel"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedModel:
    """A model that is fetched once by name."""

    name: str
    repository: str
    """`owner/name` on the Hugging Face Hub."""
    download_mb: int
    """About this many megabytes of weights; 0: not verified."""
    note: str
    """One line for a person who chooses."""
    files: tuple[str, ...] = ()
    """What is needed of the repository; empty: what every CTranslate2 Whisper has."""
    licence: str = ""
    """As the publisher states it; empty: not verified."""
    archive: str = ""
    """Where the same is to be had in one file, for `models pull --from`."""
