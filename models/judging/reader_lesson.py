"""What the reader is taught: sentences, some of them two in one, and what is wanted of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from random import Random

import numpy as np

from models.judging.examples import ORDINARY, Example
from models.judging.learning import ELSEWHERE, NEAR, OWN, PLAIN, folds_of
from models.judging.manner import MANNER
from models.judging.noise import Noise
from models.judging.reader import SOME

__all__ = ["ROLES", "ReaderLesson", "joined"]

ROLES = ("agent", "customer")
JOINED = 0.4
"""To so many sentences in a hundred a harmless one is joined: people say more than one thing."""


class ReaderLesson:
    """`wanted` and `weight` [rows, columns]; the given rows come first, joined ones after them.

    `folds` [rows]: a joined sentence is held out with both that it is made of.
    """

    def __init__(
        self,
        rows: Sequence[Example],
        families: Mapping[str, tuple[str, ...]],
        folds: int,
        seed: int,
    ) -> None:
        given = folds_of(rows, folds)
        more = joined(rows, given.tolist(), seed)
        self.rows = (*rows, *(row for row, _ in more))
        self.folds = np.concatenate((given, np.array([fold for _, fold in more], np.int64)))
        self.columns = [(role, name) for role in ROLES for name in (*families[role], SOME)]
        column = {one: at for at, one in enumerate(self.columns)}
        shape = len(self.rows), len(self.columns)
        self.wanted = np.zeros(shape, np.float32)
        self.weight = np.zeros(shape, np.float32)
        own = {role: [column[one] for one in self.columns if one[0] == role] for role in ROLES}
        for at, row in enumerate(self.rows):
            elsewhere = ELSEWHERE if row.rules else NEAR
            self.weight[at, own[row.role]] = PLAIN if row.rule == ORDINARY else elsewhere
            for rule in row.rules | {row.rule}:
                place = column.get((row.role, rule))
                if place is not None:
                    self.wanted[at, place] = rule in row.rules
                    self.weight[at, place] = OWN if rule == row.rule else 1.0
            self.wanted[at, column[row.role, SOME]] = bool(row.rules - MANNER)
            self.weight[at, column[row.role, SOME]] = 1.0
        noise = Noise((row.line for row in self.rows), seed)
        self.heard = [noise.misheard(row.line) for row in self.rows]


def joined(rows: Sequence[Example], folds: Sequence[int], seed: int) -> list[tuple[Example, int]]:
    """Sentences with a harmless one of the same role and fold before or after them."""
    random, out = Random(seed), list[tuple[Example, int]]()
    harmless: dict[tuple[str, int], list[Example]] = defaultdict(list)
    for row, fold in zip(rows, folds, strict=True):
        if not row.rules and not row.generated and len(row.line) > 3:
            harmless[row.role, fold].append(row)
    for row, fold in zip(rows, folds, strict=True):
        others = harmless[row.role, fold]
        if row.generated or not others or random.random() > JOINED:
            continue
        other = random.choice(others)
        pair = (row.line, other.line) if random.random() < 0.5 else (other.line, row.line)
        line = pair[0].rstrip("。，？！?") + random.choice("，。") + pair[1]
        rule = row.rule if row.rules else ORDINARY
        before = row.before or other.before
        both = Example(rule, row.breach, row.role, line, before, also=row.also, generated=True)
        out.append((both, fold))
    return out
