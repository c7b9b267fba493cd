"""How far two texts of a growing and revised utterance agree."""

from __future__ import annotations

__all__ = ["common_prefix"]


def common_prefix(one: str, other: str) -> int:
    """How many leading characters two texts share."""
    shorter = min(len(one), len(other))
    if one[:shorter] == other[:shorter]:
        return shorter
    return next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
