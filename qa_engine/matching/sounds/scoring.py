"""From evidence to one score in every tier: about how probable it is that the phrase was said.

    evidence = prior of the phrase − what was misheard + how much likelier the phrase is as text

in nats of log odds, and `score = 1 / (1 + exp(-evidence))`. The weights are a logistic regression
over real recogniser output (two corpora, 3 % and 27 % character errors, fitted together; fitted on
either they rank the other alike): `benchmarks/fit_scoring.py` fits them again and measures that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from phrasebook.model import Strictness

INTERCEPT = -1.75
PER_SYLLABLE = -0.25
PER_SOUND_NAT = 0.17
"""Each nat of surprise of the phrase's sounds: rare sounds are not heard by chance."""
PER_TEXT_NAT = 0.11
"""Each nat of surprise of the phrase's characters as text."""
MISHEARD = 4.31
MISHEARD_SQUARED = 1.03
"""A misheard syllable of cost c in [0, 1] takes `4.31 c + 1.03 c²`."""
OTHER_READING = 0.1
INSERTED = 3.85
INSERTED_PARTICLE = 3.42
DELETED = 5.48
DELETED_PARTICLE = 5.05
PLAUSIBILITY = 0.13
"""Each nat by which the phrase is likelier here than what was written, within ±8."""
MOST_PLAUSIBILITY_NATS = 8.0
UNITS = 32
"""Costs are whole numbers of 1/32 nat, so that alignment is exact in small integers."""

_SHORT = {1: (-30.0, 0.0), 2: (-2.2, 0.25), 3: (1.0, 0.2)}
"""Evidence of a homophone of so many characters, and what each nat of plausibility adds."""
_BESIDE = {1: 0.3, 2: 0.85, 3: 0.95}
"""Scores of short homophones where the rest of their pattern is heard too."""
_THRESHOLD = {Strictness.LOOSE: 0.35, Strictness.NORMAL: 0.5, Strictness.STRICT: 0.75}
UNKNOWN_PRIOR = 4.0
"""Evidence, in nats, of a phrase that the fuzzy tier does not hold."""
MOST_FUZZY = 0.99
"""A fuzzy hit is never as sure as the words themselves."""


def misheard(cost: NDArray[np.float64]) -> NDArray[np.int16]:
    """Evidence, in units, that syllables misheard at these costs take away."""
    return np.rint(UNITS * (MISHEARD * cost + MISHEARD_SQUARED * cost * cost)).astype(np.int16)


def phrase_prior(syllables: int, sound_nats: float, text_nats: float) -> float:
    """Evidence that a phrase heard without fault brings, in nats."""
    return (
        INTERCEPT + PER_SYLLABLE * syllables + PER_SOUND_NAT * sound_nats + PER_TEXT_NAT * text_nats
    )


def score_of(evidence: float) -> float:
    """Nats of log odds as a probability."""
    return min(MOST_FUZZY, 1 / (1 + math.exp(-max(-30.0, evidence))))


def evidence_for(score: float) -> float:
    """The least evidence that reaches a score; scores of 0 or less need none."""
    return math.log(score / (1 - score)) if 0 < score < 1 else math.copysign(30.0, score - 0.5)


def homophone_score(prior: float) -> float:
    """The score of a homophone of four characters or more."""
    return max(score_of(prior), 0.9)


def short_homophone_score(length: int, plausibility: float) -> float:
    """The score of a homophone of up to three characters: mostly what the text makes of it."""
    base, per_nat = _SHORT[length]
    nats = max(-MOST_PLAUSIBILITY_NATS, min(MOST_PLAUSIBILITY_NATS, plausibility))
    return score_of(base + per_nat * nats)


def score_beside(length: int, alone: float) -> float:
    """The score of a homophone beside the other pieces of its pattern."""
    return max(alone, _BESIDE.get(length, 0.95))


def threshold(strict: Strictness) -> float:
    """The least score a hit of such a rule needs."""
    return _THRESHOLD[strict]
