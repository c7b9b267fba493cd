from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings

from phrasebook.parse import parse
from phrasebook.pattern import Literal, Pattern, PatternGap, Slot
from phrasebook.variants import (
    MAX_VARIANTS,
    TooManyVariants,
    Unordered,
    Variant,
    count_variants,
    expand,
)
from tests.phrasebook.strategies import PATTERNS


def spelled(variant: Variant) -> str:
    """Words as they are, a gap as _, a list as {name}, any order as <a,b>."""
    shown = []
    for atom in variant:
        match atom:
            case Literal(text):
                shown.append(text)
            case Slot(name):
                shown.append(f"{{{name}}}")
            case PatternGap(max_chars):
                shown.append(f"_{max_chars}_")
            case Unordered(parts):
                shown.append(f"<{','.join(map(spelled, parts))}>")
    return "".join(shown)


WAYS = {
    "words": ("我不知道", ["我不知道"]),
    "optional": ("我[真的|也]不知道", ["我真的不知道", "我也不知道", "我不知道"]),
    "choice": ("(不|没法)[能]处理", ["不能处理", "不处理", "没法能处理", "没法处理"]),
    "slots and gaps stay": ("年化 ...8 {百分比}", ["年化_8_{百分比}"]),
    "gaps add up": ("甲 ... [乙] ... 丙", ["甲_6_乙_6_丙", "甲_12_丙"]),
    "no gap at an edge": ("甲[... 乙 ...]", ["甲_6_乙", "甲"]),
    "any order": ("内部[的] & (甲|乙)", ["<内部的,甲>", "<内部的,乙>", "<内部,甲>", "<内部,乙>"]),
    "said twice": ("甲[[乙]]", ["甲乙", "甲"]),
}


@pytest.mark.parametrize(("line", "ways"), WAYS.values(), ids=WAYS.keys())
def test_a_line_stands_for_its_ways(line: str, ways: list[str]) -> None:
    assert [spelled(variant) for variant in expand(parse(line))] == ways


def test_too_many_ways_are_counted_and_not_expanded() -> None:
    pattern = parse("[一][二][三][四][五][六][七]" * 4 + "好")
    with pytest.raises(TooManyVariants) as caught:
        expand(pattern)
    assert caught.value.count == count_variants(pattern) == 2**28
    assert str(MAX_VARIANTS) in str(caught.value)


@given(PATTERNS)
@settings(max_examples=80, deadline=None)
def test_variants_are_distinct_tidy_and_at_most_as_many_as_counted(pattern: Pattern) -> None:
    variants = expand(pattern, limit=10**6)
    assert 1 <= len(variants) == len(set(variants)) <= count_variants(pattern)
    for variant in variants:
        assert variant
        assert not isinstance(variant[0], PatternGap)
        assert not isinstance(variant[-1], PatternGap)
        for left, right in pairwise(variant):
            assert not (isinstance(left, PatternGap) and isinstance(right, PatternGap))
            if isinstance(left, Literal) and isinstance(right, Literal):
                assert left.phonetic != right.phonetic
