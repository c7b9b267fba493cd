"""The fast matcher tells what the slow one tells."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_engine.matching import Matcher
from tests.qa_engine.matching import reference

SPOKEN = "我你不没知道之到这个的问题管馆归银行四十是自处理办法了嗯呃a8%"
PHRASES = (
    *("我不知道", "不归我管", "这个问题", "没办法处理", "银行的问题", "十四个", "知道", "不"),
    *("你自己去银行处理这个", "我没办法", "处理不了", "问题不归我管了"),
)
phrase = st.one_of(st.sampled_from(PHRASES), st.text(SPOKEN, min_size=1, max_size=12))
text = st.lists(st.one_of(st.sampled_from(PHRASES), st.text(SPOKEN, max_size=3)), max_size=6).map(
    "".join
)


def assert_same(phrases: list[str], heard: str, min_score: float) -> None:
    found = Matcher.from_phrases(phrases).find(heard, min_score=min_score)
    fast = [(m.owner, m.begin, m.end, m.tier.value) for m in found]
    slow = reference.find(phrases, heard, min_score)
    assert fast == [(m.phrase, m.begin, m.end, m.tier) for m in slow]
    assert [m.score for m in found] == pytest.approx([m.score for m in slow], abs=2e-4)


@settings(max_examples=150, deadline=None)
@given(phrases=st.lists(phrase, min_size=1, max_size=6, unique=True), heard=text)
def test_fast_matcher_equals_slow_one(phrases: list[str], heard: str) -> None:
    spoken = [p for p in phrases if reference.fold(p)]
    if spoken:
        assert_same(spoken, heard, 0.05)


@pytest.mark.parametrize("seed", range(8))
def test_fast_matcher_equals_slow_one_on_misheard_sentences(seed: int) -> None:
    rng = random.Random(seed)
    sentences = [
        "这个问题我不知道你自己去银行处理",
        "没办法处理不了的话问题不归我管了",
        "十四个问题",
    ]
    heard = "".join(rng.choice(sentences))
    characters = list(heard)
    for _ in range(4):
        at = rng.randrange(len(characters))
        characters[at : at + rng.choice((0, 1, 1))] = rng.choice(SPOKEN)
    assert_same(list(PHRASES), "".join(characters), 0.02)
