"""How well probabilities tell breaches from sentences that only look like them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.judging.examples import ORDINARY, Example
from models.judging.features import plain
from models.judging.heads import Floats
from models.judging.sentence_judge import SHORTEST_MEANT, Part

__all__ = ["area", "told"]


def area(scores: Floats, right: np.ndarray) -> float | None:
    """The chance that a breach scores above a sentence that is none; None without both kinds."""
    breaches = int(right.sum())
    others = len(right) - breaches
    if not breaches or not others:
        return None
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    return float((ranks[right].sum() - breaches * (breaches + 1) / 2) / (breaches * others))


def told(rows: Sequence[Example], likely: Floats, part: Part) -> dict[str, Any]:
    """Areas by family and in the mean, and what `meaning_from` finds on which sentences.

    `area` compares breaches with near misses of the same family, `area_all` with every sentence
    that breaks nothing.
    """
    breaks = np.array([bool(row.rules) for row in rows])
    ordinary = np.array([row.rule == ORDINARY for row in rows])
    own: dict[str, float | None] = {}
    every: dict[str, float | None] = {}
    for at, family in enumerate(part.families):
        mine = np.array([row.rule == family for row in rows])
        right = np.array([family in row.rules for row in rows])
        if mine.any():
            own[family] = area(likely[mine, at], right[mine])
        every[family] = area(likely[right | ~breaks, at], right[right | ~breaks])
    speaks = np.array([len(plain(row.line)) >= SHORTEST_MEANT for row in rows])
    above = np.where((likely >= part.meaning_from) & speaks[:, None], likely, 0)
    top = above.argmax(1)
    found = above.max(1) > 0
    named = np.array([part.families[one] in row.rules for one, row in zip(top, rows, strict=True)])
    return {
        "sentences": len(rows),
        "area": _mean(own),
        "area_all": _mean(every),
        "breaches_found": _share(found & breaks, breaks),
        "breaches_named": _share(found & named, breaks),
        "ordinary_found": _share(found & ordinary, ordinary),
        "near_misses_found": _share(found & ~breaks & ~ordinary, ~breaks & ~ordinary),
        "area_by_family": {name: _rounded(value) for name, value in own.items()},
    }


def _share(some: np.ndarray, of: np.ndarray) -> float | None:
    return round(float(some.sum() / of.sum()), 3) if of.any() else None


def _mean(areas: dict[str, float | None]) -> float | None:
    known = [value for value in areas.values() if value is not None]
    return round(float(np.mean(known)), 3) if known else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
