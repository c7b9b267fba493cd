"""That some rule is broken at all: how likely, and from where on that is enough."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.judging.calibration import logistic
from models.judging.examples import ORDINARY, Example
from models.judging.features import plain
from models.judging.heads import Floats, sigmoid
from models.judging.manner import is_manner
from models.judging.sentence_judge import LIKELY, SHORTEST_MEANT

__all__ = ["Witnessed"]

MS_A_CHARACTER, HOUR_MS = 230, 3_600_000


class Witnessed:
    """Sentences, and what is said of them by judges that had not learned them.

    `weighed` [rows, families] are logits of families, `own` [rows] the reader's of any rule at
    all, `found` [rows] whether a family is found by itself.
    """

    def __init__(
        self,
        rows: Sequence[Example],
        families: tuple[str, ...],
        weighed: Floats,
        own: Floats,
        found: NDArray[np.bool_],
    ) -> None:
        self._rows, self._found = rows, found
        manner = is_manner(families)
        told = np.where(manner, -np.inf, weighed) if not manner.all() else weighed
        self._top = told.max(1)
        named = told.argmax(1)
        written = np.array([not row.generated for row in rows])
        breaks = np.array([not is_manner(tuple(row.rules)).all() for row in rows])
        known = np.stack((self._top, own, np.ones(len(rows))), 1).astype(float)
        weights = logistic(known[written], breaks[written].astype(float), np.full(3, 1e-3))
        self.some = float(weights[0]), float(weights[1]), float(weights[2])
        """Weights of the likeliest family's logit and of the reader's own, and the shift."""
        self._some = sigmoid((known @ weights).astype(np.float32))
        speaks = np.array([len(plain(row.line)) >= SHORTEST_MEANT for row in rows])
        self._read = written & speaks
        self._breaks = np.array([bool(row.rules) for row in rows])
        self._right = np.array([families[n] in r.rules for n, r in zip(named, rows, strict=True)])

    def some_from(self, an_hour: float) -> float:
        """From where on ordinary sentences are laid before a person so often an hour, those that
        a family finds by itself among them."""
        ordinary = [at for at, row in enumerate(self._rows) if row.rule == ORDINARY]
        told = np.array([at for at in ordinary if self._read[at]], int)
        if not len(told):
            return 1.0
        chars = sum(len(self._rows[at].line) for at in told)
        allowed = int(an_hour * chars * MS_A_CHARACTER / HOUR_MS) - int(self._found[told].sum())
        rest = np.sort(self._some[told[~self._found[told]]])[::-1]
        return float(rest[max(0, min(allowed, len(rest) - 1))]) + 1e-6 if len(rest) else 1.0

    def agreed_from(self, precise: float, an_hour: float) -> float:
        """From where on such a share of the sentences with a likely family break it, and of
        ordinary ones no more than that have a likely family."""
        likely = sigmoid(self._top.astype(np.float32)) >= LIKELY
        return max(self._precise_from(likely, precise), self._seldom_from(likely, an_hour))

    def _seldom_from(self, likely: NDArray[np.bool_], an_hour: float) -> float:
        kinds = enumerate(self._rows)
        places = [at for at, row in kinds if row.rule == ORDINARY and self._read[at]]
        told = np.array(places, int)
        chars = sum(len(self._rows[at].line) for at in places)
        allowed = int(an_hour * chars * MS_A_CHARACTER / HOUR_MS)
        reached = np.sort(self._some[told[likely[told]]])[::-1]
        return float(reached[allowed]) + 1e-6 if len(reached) > allowed else 0.0

    def _precise_from(self, likely: NDArray[np.bool_], precise: float) -> float:
        told = np.flatnonzero(self._read & likely & (self._right | ~self._breaks))
        order = told[np.argsort(-self._some[told], kind="stable")]
        if not len(order):
            return 1.0
        precision = np.cumsum(self._right[order]) / np.arange(1, len(order) + 1)
        enough = np.flatnonzero(precision >= precise)
        return float(self._some[order[enough[-1]]]) if len(enough) else 1.0
