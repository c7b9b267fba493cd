"""From logits to probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.judging.heads import Floats

__all__ = ["calibrated", "logistic"]

Reals = NDArray[np.float64]

NEWTON_STEPS = 15
PRIOR_SPREAD = 1.0
"""How far, in nats, a family's own shift may lie from that of all."""


def calibrated(
    logits: tuple[Floats, Floats], wanted: Floats, own: np.ndarray
) -> tuple[tuple[float, float], Floats]:
    """A slope for each of two witnesses, and a shift a family drawn to the common one (J. Platt,
    1999). `logits`, `wanted`, `own` [rows, families].

    Fitted on sentences written for or against the family: half of them break it, as about half of
    what a loose pattern finds does.
    """
    at, family = np.nonzero(own)
    families = wanted.shape[1]
    known = np.zeros((len(at), 3 + families))
    for column, witness in enumerate(logits):
        known[:, column] = witness[at, family]
    known[:, 2] = 1.0
    known[np.arange(len(at)), 3 + family] = 1.0
    drawn = np.full(known.shape[1], PRIOR_SPREAD**-2)
    drawn[:3] = 1e-3
    found = logistic(known, wanted[at, family].astype(float), drawn)
    return (float(found[0]), float(found[1])), np.asarray(found[2] + found[3:], np.float32)


def logistic(known: Reals, wanted: Reals, drawn: Reals) -> Reals:
    """Weights [columns] by Newton's method; `drawn`: how strongly each is drawn to 0."""
    found = np.zeros(known.shape[1])
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-np.clip(known @ found, -30, 30)))
        curve = (known * (p * (1 - p))[:, None]).T @ known + np.diag(drawn)
        found -= np.linalg.solve(curve, known.T @ (p - wanted) + drawn * found)
    return found
