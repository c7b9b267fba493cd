"""Voice vectors into voices: 2-means, repeated inside each group while it clearly holds two.

Measured with the published network on telephone speech of two people: the centres of two people
lie at a cosine of .73 to .90, those of one person's speech split in two at .93 and above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["ONE_VOICE_FROM", "Grouping", "group"]

Floats = NDArray[np.float32]

ONE_VOICE_FROM = 0.89
"""Centres nearer than this cosine are one person's."""
FURTHER_VOICE_FROM = 0.8
"""A third voice has to be farther from the others: windows across two speakers lie between them."""
LEAST_SHARE = 0.08
"""A voice with less of the speech than this is a cough, a tone, or somebody's bad second."""
MOST_VOICES = 4
_ROUNDS = 25
_FEWEST = 4


@dataclass(frozen=True, slots=True)
class Grouping:
    """`centres` [voices, size], unit vectors, the one with most speech first."""

    centres: Floats

    @property
    def voices(self) -> int:
        """How many voices there are."""
        return int(self.centres.shape[0])


def group(vectors: Floats, weights: NDArray[np.float64]) -> Grouping | None:
    """The voices in unit `vectors` [n, size] that stand for `weights` ms each; None for too few."""
    if len(vectors) < _FEWEST:
        return None
    whole = np.arange(len(vectors))
    halves = _halves(vectors, weights, whole, ONE_VOICE_FROM)
    settled: list[NDArray[np.intp]] = []
    parts = [whole] if halves is None else halves
    while parts:
        part = parts.pop(0)
        halves = None
        if len(parts) + len(settled) + 2 <= MOST_VOICES and len(part) < len(whole):
            halves = _halves(vectors, weights, part, FURTHER_VOICE_FROM)
        if halves is None:
            settled.append(part)
        else:
            parts += halves
    settled.sort(key=lambda part: -float(weights[part].sum()))
    centres = np.stack([_centre(vectors, weights, part) for part in settled])
    return Grouping(_refined(vectors, weights, centres))


def _halves(
    vectors: Floats, weights: NDArray[np.float64], part: NDArray[np.intp], one_from: float
) -> list[NDArray[np.intp]] | None:
    """The two voices in a part, or None where their centres are nearer than `one_from`."""
    if len(part) < _FEWEST:
        return None
    points = vectors[part]
    centres = max(
        (_refined(points, weights[part], start) for start in _starts(points, weights[part])),
        key=lambda found: float(weights[part] @ (points @ found.T).max(axis=1)),
    )
    if float(centres[0] @ centres[1]) >= one_from:
        return None
    labels = (points @ centres.T).argmax(axis=1)
    shares = [float(weights[part][labels == n].sum() / weights.sum()) for n in (0, 1)]
    if min(shares) < LEAST_SHARE or min(np.bincount(labels, minlength=2)) < 2:
        return None
    return [part[labels == 0], part[labels == 1]]


def _starts(points: Floats, weights: NDArray[np.float64]) -> list[Floats]:
    """Pairs to begin from: the two farthest apart, and the ends of the direction that varies most.

    A few odd windows are the farthest apart; two people are what most of the variance is about.
    """
    near = points @ points.T
    far = np.unravel_index(int(near.argmin()), near.shape)
    centred = points - np.average(points, axis=0, weights=weights)
    along = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
    order = along.argsort()
    tail = max(1, len(order) // 4)
    ends = [points[order[:tail]].mean(axis=0), points[order[-tail:]].mean(axis=0)]
    pairs = [points[list(far)], np.stack(ends)]
    below = along < 0
    if below.any() and not below.all():
        pairs.append(np.stack([points[below].mean(axis=0), points[~below].mean(axis=0)]))
    return [
        np.asarray(pair / np.linalg.norm(pair, axis=1, keepdims=True), np.float32) for pair in pairs
    ]


def _refined(points: Floats, weights: NDArray[np.float64], centres: Floats) -> Floats:
    """Lloyd's rounds on the sphere, from `centres`: no chance is involved."""
    for _ in range(_ROUNDS):
        labels = (points @ centres.T).argmax(axis=1)
        moved = centres.copy()
        for number in range(len(centres)):
            if (labels == number).any():
                moved[number] = _centre(points, weights, np.flatnonzero(labels == number))
        if np.allclose(moved, centres, atol=1e-6):
            break
        centres = moved
    return centres


def _centre(points: Floats, weights: NDArray[np.float64], part: NDArray[np.intp]) -> Floats:
    mean = np.average(points[part], axis=0, weights=weights[part])
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)
