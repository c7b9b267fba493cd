"""The judge trained again with a site's verdicts, and whether that made it better.

A quarter of the calls is held out: the judge in force and one that never saw them are asked about
their verdicts. Only then a judge is trained on everything and written to a file of its own; what is
in force stays in force until somebody names the new file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from api.learning.lessons import Lesson
from models.judging import SentenceJudge
from models.judging.examples import Example
from models.judging.learning import learn
from models.judging.measures import area
from qa_engine.errors import QAError

__all__ = ["LEAST", "HeldOutResult", "Retrained", "held_out", "measure", "retrain"]

ROLES = ("agent", "customer")
LEAST = 40
"""Verdicts on sentences; fewer tell neither what changed nor whether it helped."""
QUARTER = 4
SURE = 0.5


@dataclass(frozen=True, slots=True)
class HeldOutResult:
    """A judge on verdicts that it did not learn from."""

    verdicts: int
    right: int
    area: float | None
    """The chance that a confirmed finding is held likelier than an overturned one."""
    precision: float | None
    recall: float | None
    """Of findings held at least as likely as not."""


@dataclass(frozen=True, slots=True)
class Retrained:
    """What was learned from, how the judges compare, and the new one's version."""

    sentences: int
    verdicts: int
    before: HeldOutResult
    after: HeldOutResult
    version: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def held_out(call_id: str) -> bool:
    """Whether a call's verdicts are kept for measuring: always the same quarter of the calls."""
    return crc32(call_id.encode()) % QUARTER == 0


def retrain(
    corpus: Sequence[Example], given: Sequence[Lesson], in_force: SentenceJudge | None, path: Path
) -> Retrained:
    """Train on corpus and verdicts, compare on the calls held out, write `path`.

    Raises QAError where there are too few verdicts to tell anything.
    """
    kept = [one.example for one in given if held_out(one.call_id)]
    seen = [one.example for one in given if not held_out(one.call_id)]
    if len(given) < LEAST or not kept or not seen:
        raise QAError(
            f"{len(given)} verdicts on sentences that are still stored; expected at least {LEAST} "
            "from several calls: judge more findings at the desk first"
        )
    before = measure(in_force, kept)
    after = measure(_trained([*corpus, *seen]), kept)
    version = _trained([*corpus, *seen, *kept]).save(path)
    return Retrained(len(corpus), len(given), before, after, version)


def measure(judge: SentenceJudge | None, rows: Sequence[Example]) -> HeldOutResult:
    """How a judge stands to verdicts; without one, or for rules unknown to it, all is as likely."""
    likely = np.array([_likely(judge, row) for row in rows], np.float32)
    right = np.array([row.breach for row in rows], bool)
    sure = likely >= SURE
    value = area(likely, right)
    return HeldOutResult(
        verdicts=len(rows),
        right=int(right.sum()),
        area=None if value is None else round(value, 3),
        precision=_share(int((sure & right).sum()), int(sure.sum())),
        recall=_share(int((sure & right).sum()), int(right.sum())),
    )


def _likely(judge: SentenceJudge | None, row: Example) -> float:
    if judge is None:
        return SURE
    found = judge.probability(row.line, before=row.said_before, family=row.rule, role=row.role)
    return SURE if found is None else found


def _trained(rows: Sequence[Example]) -> SentenceJudge:
    learned = {role: learn(rows, role) for role in ROLES}
    return SentenceJudge({role: one.part for role, one in learned.items() if one is not None})


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None
