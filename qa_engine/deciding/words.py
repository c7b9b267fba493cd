"""The words of a sentence: where one ends and the next begins, and how likely they are.

jieba's dictionary (MIT) gives the words and how often each is written; the pack's own words and a
short list of ours (`tables/compounds.txt`) are added. How often one word follows another is counted
in our own sentences (`make_tables.py`). Nothing is read before the first sentence that needs it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["WordModel", "words"]

TABLES = Path(__file__).parent / "tables"
LONGEST_WORD = 8
OWN_WORD_COUNT = 300
"""How often a word of ours counts as written, where the dictionary does not know it."""
HALF_A_WORD = 0.5
_CLAUSE = re.compile(r"^(?=\S{3})(\S*[您你我]\S*) ", re.MULTILINE)
"""The dictionary has pieces of talk such as 发给您, which are no words."""
KNOWN_FROM = 6.0
"""A word seen so often has half of what follows it believed as counted."""
OURS = 0.3
"""The share of our own counts in how likely a word is by itself."""


@dataclass(frozen=True, slots=True)
class WordCut:
    """A sentence as words, and how likely it is so: natural log."""

    words: tuple[str, ...]
    nats: float


class WordModel:
    """A dictionary with counts, and counts of pairs; immutable once made."""

    def __init__(
        self,
        counts: dict[str, int],
        total: int,
        pairs: dict[tuple[str, str], float],
    ) -> None:
        self._counts = counts
        self._total = total
        self._pairs = pairs
        self._before: dict[str, float] = {}
        self._ours: dict[str, float] = {}
        for (first, second), count in pairs.items():
            self._before[first] = self._before.get(first, 0.0) + count
            self._ours[second] = self._ours.get(second, 0.0) + count
        self._sum = sum(self._ours.values()) or 1.0
        self.cut = lru_cache(4096)(self._cut)

    def _alone(self, word: str) -> float:
        written = (self._counts.get(word, 0) or HALF_A_WORD) / self._total
        return (1 - OURS) * written + OURS * self._ours.get(word, 0.0) / self._sum

    def _after(self, before: str, word: str) -> float:
        seen = self._before.get(before, 0.0)
        share = seen / (seen + KNOWN_FROM)
        pair = self._pairs.get((before, word), 0.0) / seen if seen else 0.0
        return math.log(share * pair + (1 - share) * self._alone(word))

    def _cut(self, text: str, borders: frozenset[int] = frozenset()) -> WordCut:
        """The likeliest words of the text, each of `borders` between two of them."""
        best: list[dict[str, tuple[float, int, str]]] = [{"": (0.0, 0, "")}]
        for end in range(1, len(text) + 1):
            here: dict[str, tuple[float, int, str]] = {}
            for begin in range(max(0, end - LONGEST_WORD), end):
                word = text[begin:end]
                if end - begin > 1 and not self._counts.get(word):
                    continue
                if any(begin < border < end for border in borders):
                    continue
                nats, before = max(
                    (known[0] + self._after(last, word), last)
                    for last, known in best[begin].items()
                )
                here[word] = (nats, begin, before)
            best.append(here)
        last = max(best[-1], key=lambda word: best[-1][word][0])
        nats, at, found = best[-1][last][0], len(text), []
        while at:
            found.append(last)
            _, at, last = best[at][last]
        return WordCut(tuple(reversed(found)), nats)

    def loss(self, text: str, borders: Collection[int]) -> float:
        """Nats that the sentence loses where a word must end at each of `borders`."""
        inner = frozenset(border for border in borders if 0 < border < len(text))
        return self.cut(text).nats - self.cut(text, inner).nats if inner else 0.0


@cache
def dictionary() -> tuple[dict[str, int], int]:
    """jieba's words and our compounds, and how often all of jieba's words were written.

    Its file is read as it lies: importing jieba builds a segmenter that nobody here asks, which
    takes a second of every process.
    """
    lines = _jieba_file().read_text("utf-8")
    fields = lines.split()
    counts = dict(zip(fields[0::3], map(int, fields[1::3]), strict=True))
    total = sum(counts.values())
    for clause in _CLAUSE.findall(lines):
        del counts[clause]
    for word in (TABLES / "compounds.txt").read_text("utf-8").split():
        counts[word] = max(counts.get(word, 0), OWN_WORD_COUNT)
    return counts, total


def _jieba_file() -> Path:
    found = find_spec("jieba")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("jieba is not installed: pip install jieba", name="jieba")
    return Path(found.submodule_search_locations[0]) / "dict.txt"


@cache
def pairs() -> dict[tuple[str, str], float]:
    """How often one word followed another in our own sentences."""
    rows = (TABLES / "pairs.tsv").read_text("utf-8").splitlines()
    return {
        (first, second): float(count) for first, second, count in (row.split("\t") for row in rows)
    }


@lru_cache(8)
def words(own: frozenset[str] = frozenset()) -> WordModel:
    """The shared words, and `own` ones of a pack."""
    counts, total = dictionary()
    more = {word: OWN_WORD_COUNT for word in own if not counts.get(word)}
    return WordModel({**counts, **more} if more else counts, total, pairs())
