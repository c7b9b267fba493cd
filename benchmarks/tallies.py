"""What became of labelled lines, counted: recall, precision, findings an hour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, lgamma, log
from typing import Any

from models.judging.examples import (
    SaidLine,
)
from qa_engine.dialogue import MS_A_CHARACTER

ASIDE = "informal-ni"


HOUR_MS = 3_600_000


Found = tuple[set[str], set[str], int]
"""Rules kept, rules only laid before a person, and how many prompts an agent would see."""


@dataclass(slots=True)
class Tally:
    """What became of the lines of one kind."""

    lines: int = 0
    labelled: int = 0
    found: int = 0
    found_laid: int = 0
    found_family: int = 0
    found_laid_family: int = 0
    found_any: int = 0
    right: int = 0
    wrong: int = 0
    other: int = 0
    laid_right: int = 0
    laid_wrong: int = 0
    laid_other: int = 0
    prompts: int = 0
    speech_ms: int = 0

    def add(
        self,
        said: SaidLine,
        kept: set[str],
        laid: set[str],
        prompts: int,
        family: Mapping[str, str],
    ) -> None:
        want = said.rules - {ASIDE}
        kept, laid = kept - {ASIDE}, laid - {ASIDE}
        self.lines += 1
        self.speech_ms += len(said.line) * MS_A_CHARACTER
        self.prompts += prompts
        self.labelled += bool(want)
        self.found += bool(want & kept)
        self.found_laid += bool(want & (kept | laid))
        same = {family.get(rule, rule) for rule in want}
        self.found_family += any(family.get(rule, rule) in same for rule in kept)
        self.found_laid_family += any(family.get(rule, rule) in same for rule in kept | laid)
        self.found_any += bool(want and kept | laid)
        self.right += len(kept & want)
        self.laid_right += len(laid & want)
        if want:
            self.other += len(kept - want)
            self.laid_other += len(laid - want)
        else:
            self.wrong += len(kept)
            self.laid_wrong += len(laid)

    def told(self) -> dict[str, Any]:
        hours = self.speech_ms / HOUR_MS
        return {
            "lines": self.lines,
            "labelled": self.labelled,
            "precision": _share(self.right, self.right + self.wrong),
            "recall": _share(self.found, self.labelled),
            "recall_of_family": _share(self.found_family, self.labelled),
            "laid_recall_of_family": _share(self.found_laid_family, self.labelled),
            "laid_recall": _share(self.found_laid, self.labelled),
            "laid_recall_any_name": _share(self.found_any, self.labelled),
            "laid_precision": _share(self.laid_right, self.laid_right + self.laid_wrong),
            "kept": {"right": self.right, "wrong": self.wrong, "other": self.other},
            "laid": {
                "right": self.laid_right,
                "wrong": self.laid_wrong,
                "other": self.laid_other,
            },
            "hours": round(hours, 2),
            "laid_an_hour": round((self.laid_right + self.laid_wrong + self.laid_other) / hours, 1)
            if hours
            else None,
            "laid_wrong_an_hour": round(self.laid_wrong / hours, 1) if hours else None,
            "kept_wrong_an_hour": _an_hour(self.wrong, hours),
            "prompts_an_hour": _an_hour(self.prompts, hours),
        }


@dataclass(slots=True)
class Tallies:
    """Tallies by role and name; `family`: the row of the service standard of each rule."""

    family: Mapping[str, str]
    by: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))

    def add(self, names: Iterable[str], said: SaidLine, found: Found) -> None:
        kept, laid, prompts = found
        for name in names:
            self.by[said.role, name].add(said, kept, laid, prompts, self.family)

    def told(self) -> dict[str, dict[str, Any]]:
        told: dict[str, dict[str, Any]] = defaultdict(dict)
        for (role, name), tally in sorted(self.by.items()):
            told[role][name] = tally.told()
        return dict(told)


def _an_hour(count: int, hours: float) -> dict[str, float]:
    """With the exact Poisson interval of 95 %."""
    if not hours:
        return {}
    low, high = poisson_interval(count)
    return {
        "an_hour": round(count / hours, 2),
        "low": round(low / hours, 2),
        "high": round(high / hours, 2),
    }


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact interval of 95 % for the mean, given one count (F. Garwood, Biometrika 1936)."""

    def at_most(mean: float) -> float:
        return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1))

    def where(share: float, tail: Any) -> float:
        low, high = 1e-9, 4.0 * count + 20
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if tail(middle) > share else (low, middle)
        return low

    low = 0.0
    if count:
        low = where(-0.025, lambda mean: -(1 - at_most(mean) + exp(_log_term(mean, count))))
    return low, where(0.025, at_most)


def _log_term(mean: float, count: int) -> float:
    return count * log(mean) - mean - lgamma(count + 1)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
