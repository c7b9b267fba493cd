"""A judge from labelled sentences: trained, calibrated by cross-validation, its threshold set.

For each role one set of heads, a family each. A sentence counts most for the family it was written
for or against; for the others it counts as no breach, little where it breaks one itself (nobody
labelled every family of every sentence). Ordinary sentences are negatives of all families. Each
sentence is learned twice, as written and as a recogniser might hear it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.judging.calibration import calibrated
from models.judging.examples import ORDINARY, Example
from models.judging.features import features, plain
from models.judging.heads import Floats, Heads, sigmoid, train
from models.judging.noise import Noise
from models.judging.reader import SOME, Reader, bundled_reader
from models.judging.sentence_judge import SHORTEST_MEANT, Blend, Part
from models.judging.unseen import unseen_logits
from models.judging.witnesses import Witnessed

__all__ = ["LearnedRole", "families_of", "folds_of", "learn"]

RowNumbers = NDArray[np.int64]

FOLDS = 4
OWN, NEAR, ELSEWHERE, PLAIN = 1.5, 0.7, 0.3, 2.0
NOISY = 0.5
MS_A_CHARACTER = 230
HOUR_MS = 3_600_000
FALSE_AN_HOUR = 9.0
"""How many ordinary sentences of the corpus an hour may be laid before a person by meaning alone.

They were written to be hard; of ordinary speech as it comes about a third is."""
PRECISE = 0.95
"""Of what a family finds by meaning among sentences written for or against any rule, so much is to
break it: near misses of other families are what a real call is full of."""
AGREED_PRECISE = {"agent": 0.95, "customer": 0.96}
"""Of the sentences where a likely family's words are looked for so many break it. What customers of
whole calls say lies further from the sentences written for and against their rules."""
AGREED_FALSE_AN_HOUR = 1.5
"""… and of ordinary sentences no more an hour are likely anything there, words or no words."""
LIKELY = 0.5
"""Less likely than this nothing is found by meaning, however little was learned."""
TAIL = 20
"""One in so many ordinary sentences tells how far up the likeliest of them reach …"""
TAIL_REACH = 6.0
"""… this many times their mean excess: about one in ten thousand."""
LEAST = 20
"""Fewer breaches teach no family."""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedRole:
    """A role's part of a judge, and how it did on sentences that it had not seen."""

    part: Part
    rows: tuple[Example, ...]
    unseen: Floats
    """[rows, families]: probabilities by heads that were trained without the row."""


def learn(examples: Sequence[Example], role: str, *, seed: int = 0) -> LearnedRole | None:
    """The part of a judge for one role; None where no family has enough breaches."""
    rows = tuple(row for row in examples if row.role == role)
    families = families_of(rows)
    if not families:
        return None
    lesson = _Lesson(rows, families, seed)
    logits = np.zeros((len(rows), len(families)), np.float32)
    for fold in range(FOLDS):
        held_out = lesson.folds == fold
        heads = lesson.heads(np.flatnonzero(~held_out), seed)
        logits[held_out] = heads.logits([lesson.clean[at] for at in np.flatnonzero(held_out)])
    reader = bundled_reader()
    read = _read(reader, rows, role, families)
    slopes, shift = calibrated((logits, read[:, :-1]), lesson.wanted, lesson.own)
    weighed = slopes[0] * logits + slopes[1] * read[:, :-1] + shift
    unseen = sigmoid(weighed)
    ordinary = _thresholds(rows, unseen)
    meaning_from = np.maximum(ordinary, _precise_from(rows, families, unseen))
    blend = None
    if reader is not None:
        told = Witnessed(
            rows, families, weighed, read[:, -1], np.any(unseen >= meaning_from, axis=1)
        )
        blend = Blend(
            slopes[1],
            told.some,
            told.some_from(FALSE_AN_HOUR),
            told.agreed_from(AGREED_PRECISE[role], AGREED_FALSE_AN_HOUR),
        )
    part = Part(
        families=families,
        heads=lesson.heads(np.arange(len(rows)), seed),
        slope=slopes[0],
        shift=shift,
        meaning_from=meaning_from,
        words_from=ordinary,
        examples={
            family: tuple(row.line for row in rows if row.breach and row.rule == family)
            for family in families
        },
        blend=blend,
    )
    return LearnedRole(part, rows, unseen)


def _read(
    reader: Reader | None, rows: Sequence[Example], role: str, families: tuple[str, ...]
) -> Floats:
    """[rows, families and SOME]: what the reader says of each row as if it had not learned it."""
    if reader is None:
        return np.zeros((len(rows), len(families) + 1), np.float32)
    return unseen_logits(reader, rows, role, (*families, SOME))


def families_of(rows: Sequence[Example]) -> tuple[str, ...]:
    """Rules with at least `LEAST` breaches among the rows, sorted: enough to learn from."""
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.rule] += row.breach
    return tuple(sorted(rule for rule, count in counts.items() if count >= LEAST))


class _Lesson:
    """Rows as features, what is wanted of them, and how much each counts."""

    def __init__(self, rows: Sequence[Example], families: tuple[str, ...], seed: int) -> None:
        column = {family: at for at, family in enumerate(families)}
        shape = len(rows), len(families)
        self.wanted = np.zeros(shape, np.float32)
        self.own = np.zeros(shape, bool)
        self.weight = np.ones(shape, np.float32)
        for at, row in enumerate(rows):
            if row.rule == ORDINARY:
                self.weight[at] = PLAIN
            else:
                self.weight[at] = ELSEWHERE if row.rules else NEAR
            for rule in row.rules | {row.rule}:
                if rule in column:
                    self.wanted[at, column[rule]] = rule in row.rules
                    self.own[at, column[rule]] = True
                    self.weight[at, column[rule]] = OWN if rule == row.rule else 1.0
        self.clean = [features(row.line, row.said_before) for row in rows]
        noise = Noise((row.line for row in rows), seed)
        self.noisy = [features(noise.misheard(row.line), row.said_before) for row in rows]
        self.folds = folds_of(rows)

    def heads(self, chosen: RowNumbers, seed: int) -> Heads:
        both = [self.clean[at] for at in chosen] + [self.noisy[at] for at in chosen]
        wanted, weight = self.wanted[chosen], self.weight[chosen]
        return train(
            both,
            np.concatenate((wanted, wanted)),
            np.concatenate((weight, weight * NOISY)),
            seed=seed,
        )


def folds_of(rows: Sequence[Example], count: int = FOLDS) -> RowNumbers:
    """Each family's sentences in runs as they were written: neighbours are alike."""
    alike: dict[tuple[str, bool], list[int]] = defaultdict(list)
    for at, row in enumerate(rows):
        alike[row.rule, row.breach].append(at)
    folds = np.zeros(len(rows), np.int64)
    for places in alike.values():
        for number, at in enumerate(places):
            folds[at] = number * count // len(places)
    return folds


def _precise_from(rows: Sequence[Example], families: Sequence[str], unseen: Floats) -> Floats:
    """By family: from where on `PRECISE` of the unseen sentences that it finds break it.

    A sentence that breaks another rule tells nothing: nobody labelled all of its rules.
    """
    written = np.array([not row.generated for row in rows])
    harmless = np.array([not row.rules for row in rows]) & written
    found = np.ones(len(families), np.float32)
    for at, family in enumerate(families):
        right = np.array([family in row.rules for row in rows]) & written
        told = np.flatnonzero(right | harmless)
        order = told[np.argsort(-unseen[told, at], kind="stable")]
        precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
        enough = np.flatnonzero(precision >= PRECISE)
        if len(enough):
            found[at] = unseen[order[enough[-1]], at]
    return found


def _sets_threshold(row: Example) -> bool:
    hand_written = row.rule == ORDINARY and not row.generated
    return hand_written and len(plain(row.line)) >= SHORTEST_MEANT


def _thresholds(rows: Sequence[Example], unseen: Floats) -> Floats:
    """By family: so likely a sentence must be that ordinary speech has `FALSE_AN_HOUR` in all.

    How far up a family's ordinary sentences reach tells how much likelier a breach of it has to be
    (their mean excess over the highest few: J. Pickands, Annals of Statistics 1975); one shift for
    all families then lets the rate be what it should.
    """
    ordinary = [at for at, row in enumerate(rows) if _sets_threshold(row)]
    count = len(ordinary)
    if count < LEAST:
        return np.full(unseen.shape[1], LIKELY, np.float32)
    chars = sum(len(rows[at].line) for at in ordinary)
    allowed = int(FALSE_AN_HOUR * chars * MS_A_CHARACTER / HOUR_MS)
    likely = np.clip(unseen[ordinary], 1e-6, 1 - 1e-6).astype(float)
    logits = np.log(likely / (1 - likely))
    highest = np.sort(logits, axis=0)[-max(2, count // TAIL) :]
    reach = highest[0] + (highest - highest[0]).mean(0) * TAIL_REACH
    beyond = np.sort((logits - reach).max(1))[::-1]
    shift = beyond[allowed] + 1e-3 if allowed < count else 0.0
    return np.maximum(sigmoid((reach + shift).astype(np.float32)), LIKELY).astype(np.float32)
