"""One linear head a family over hashed features, and how heads are trained: numpy alone.

Adagrad in small batches (J. Duchi, E. Hazan, Y. Singer, JMLR 2011), which gives rare features the
same say as common ones; the few passes are what keeps it from learning sentences by heart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.judging.features import BUCKETS, Indices

__all__ = ["Floats", "Heads", "sigmoid", "train"]

Floats = NDArray[np.float32]

PASSES = 6
BATCH = 64
RATE = 0.3
DECAY = 2e-4
START = -2.0
"""Where every bias begins: most sentences break no rule."""
VOICE = 0.05
"""What a feature weighs. The same in every sentence: two or three characters mean little by
themselves, and must not speak as loud as a whole sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """`weights` [buckets, heads] and `bias` [heads]; a logit is a sum of weights."""

    weights: Floats
    bias: Floats

    def logits(self, rows: Sequence[Indices]) -> Floats:
        """[rows, heads]; a row without features has the bias alone."""
        found = np.empty((len(rows), len(self.bias)), np.float32)
        for at, row in enumerate(rows):
            found[at] = self.weights[row].sum(0) * VOICE + self.bias
        return found


def sigmoid(logits: Floats) -> Floats:
    """Logits of any shape to probabilities of that shape, float32; beyond ±30 they are cut."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float32)


def train(rows: Sequence[Indices], wanted: Floats, weight: Floats, *, seed: int = 0) -> Heads:
    """Heads for `wanted` [rows, heads] in 0..1, each cell of which counts `weight` times.

    The same input and seed give the same heads.
    """
    heads = wanted.shape[1]
    weights = np.zeros((BUCKETS, heads), np.float32)
    bias = np.full(heads, START, np.float32)
    squares = np.full((BUCKETS, heads), 1e-3, np.float32)
    bias_squares = np.full(heads, 1e-3, np.float32)
    random = np.random.default_rng(seed)
    usable = np.flatnonzero([len(row) > 0 for row in rows])
    for _ in range(PASSES):
        order = random.permutation(usable)
        for begin in range(0, len(order), BATCH):
            batch = order[begin : begin + BATCH]
            sizes = np.array([len(rows[at]) for at in batch])
            where = np.concatenate([rows[at] for at in batch])
            offsets = np.concatenate(([0], np.cumsum(sizes)[:-1]))
            logits = np.add.reduceat(weights[where], offsets) * VOICE + bias
            error = (sigmoid(np.asarray(logits, np.float32)) - wanted[batch]) * weight[batch]
            spread = np.repeat(error * VOICE, sizes, axis=0)
            sorted_by = np.argsort(where, kind="stable")
            ordered = where[sorted_by]
            first = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
            touched = ordered[first]
            change = np.add.reduceat(spread[sorted_by], first) + DECAY * weights[touched]
            squares[touched] += change**2
            weights[touched] -= RATE * change / np.sqrt(squares[touched])
            total = error.sum(0)
            bias_squares += total**2
            bias -= 0.2 * total / np.sqrt(bias_squares)
    return Heads(weights, bias)
