"""Families of manner alone: who speaks so breaks no rule otherwise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["MANNER", "is_manner"]

MANNER = frozenset({"informal-ni", "filler-habit"})


@lru_cache(1024)
def is_manner(families: tuple[str, ...]) -> NDArray[np.bool_]:
    """[families]."""
    return np.array([family in MANNER for family in families], bool)
