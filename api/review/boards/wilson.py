"""How sure a share is: the Wilson score interval (E. B. Wilson, JASA 1927)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z_95 = 1.959964
"""Two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, with its 95 % interval; of nothing, anything from 0 to 1 is possible."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def low(self) -> float:
        return self._bound(-1)

    @property
    def high(self) -> float:
        return self._bound(+1)

    def to_dict(self) -> dict[str, float | int | None]:
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.whole}

    def _bound(self, side: int) -> float:
        if not self.whole:
            return 0.0 if side < 0 else 1.0
        n, p = self.whole, self.part / self.whole
        z2 = Z_95 * Z_95
        middle = p + z2 / (2 * n)
        reach = Z_95 * sqrt(p * (1 - p) / n + z2 / (4 * n * n))
        return min(1.0, max(0.0, (middle + side * reach) / (1 + z2 / n)))


NOTHING = Share(0, 0)
