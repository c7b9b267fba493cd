"""Where fetched models are kept on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["CACHE_VARIABLE", "cache_directory", "cached"]

CACHE_VARIABLE = "QA_ENGINE_CACHE"


def cache_directory() -> Path:
    """`$QA_ENGINE_CACHE`, else the platform's cache folder for this user."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", "~/AppData/Local"))
    elif sys.platform == "darwin":
        base = Path("~/Library/Caches")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache")
    return base.expanduser() / "qa-engine"


def cached(name: str) -> Path:
    """The directory a model of this name has, or will have, here."""
    return cache_directory() / "models" / name.replace("/", "--")
