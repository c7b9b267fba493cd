"""The fast cutting of words tells what trying every way of cutting tells."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_engine.deciding.words import (
    HALF_A_WORD,
    KNOWN_FROM,
    LONGEST_WORD,
    OURS,
    dictionary,
    pairs,
    words,
)

SPOKEN = "我您不知道密码锁病毒有去死皮告诉找律师楼没办法的了，"


def every_way(text: str, borders: frozenset[int]) -> float:
    """The likeliest of all ways to cut the text, each spelled out."""
    counts, total = dictionary()
    before: dict[str, float] = {}
    ours: dict[str, float] = {}
    for (first, second), count in pairs().items():
        before[first] = before.get(first, 0.0) + count
        ours[second] = ours.get(second, 0.0) + count
    whole = sum(ours.values())

    def nats(row: tuple[str, ...]) -> float:
        told = 0.0
        for last, word in itertools.pairwise(("", *row)):
            alone = (1 - OURS) * (counts.get(word, 0) or HALF_A_WORD) / total
            alone += OURS * ours.get(word, 0.0) / whole
            seen = before.get(last, 0.0)
            share = seen / (seen + KNOWN_FROM)
            pair = pairs().get((last, word), 0.0) / seen if seen else 0.0
            told += math.log(share * pair + (1 - share) * alone)
        return told

    best = -math.inf
    for cuts in itertools.product((False, True), repeat=max(0, len(text) - 1)):
        ends = [i + 1 for i, cut in enumerate(cuts) if cut] + [len(text)]
        starts = [0, *ends[:-1]]
        if not borders <= {*ends, 0}:
            continue
        row = tuple(text[a:b] for a, b in zip(starts, ends, strict=True))
        if all(len(w) == 1 or (len(w) <= LONGEST_WORD and counts.get(w)) for w in row):
            best = max(best, nats(row))
    return best


@settings(max_examples=60, deadline=None)
@given(text=st.text(SPOKEN, min_size=1, max_size=8), border=st.integers(0, 8))
def test_words_are_cut_as_well_as_can_be(text: str, border: int) -> None:
    borders = frozenset({border} if 0 < border < len(text) else ())
    known = words()
    assert known.cut(text, borders).nats == pytest.approx(every_way(text, borders))
    assert "".join(known.cut(text, borders).words) == text
    assert known.loss(text, borders) >= -1e-9
