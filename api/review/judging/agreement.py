"""How far inspectors agree beyond chance: Cohen's κ for two, Fleiss' κ for more.

J. Cohen, Educational and Psychological Measurement 20 (1960); J. L. Fleiss, Psychological
Bulletin 76 (1971). Each subject is what one call got on one item; κ is None where everybody gave
the same one answer all along: there is no chance to be better than.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def cohen(pairs: Sequence[tuple[str, str]]) -> float | None:
    """κ of two raters over subjects both rated."""
    n = len(pairs)
    if not n:
        return None
    same = sum(a == b for a, b in pairs) / n
    first = Counter(a for a, _ in pairs)
    second = Counter(b for _, b in pairs)
    chance = sum(first[category] * second[category] for category in first) / (n * n)
    return None if chance >= 1 else round((same - chance) / (1 - chance), 4)


def fleiss(subjects: Sequence[Sequence[str]]) -> float | None:
    """κ of any number of raters; subjects with fewer than two ratings tell nothing.

    Where not all subjects have the same number of ratings each counts by its own pairs.
    """
    rated = [Counter(ratings) for ratings in subjects if len(ratings) > 1]
    total = sum(counts.total() for counts in rated)
    if not rated:
        return None
    agreed = sum(_pairs_agreed(counts) for counts in rated) / len(rated)
    shares = Counter[str]()
    for counts in rated:
        shares.update(counts)
    chance = sum((count / total) ** 2 for count in shares.values())
    return None if chance >= 1 else round((agreed - chance) / (1 - chance), 4)


def _pairs_agreed(counts: Counter[str]) -> float:
    n = counts.total()
    return sum(count * (count - 1) for count in counts.values()) / (n * (n - 1))
