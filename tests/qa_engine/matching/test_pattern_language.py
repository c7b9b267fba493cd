"""A pattern is heard to the letter exactly where its regular expression is."""

from __future__ import annotations

import re
from itertools import permutations

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from phrasebook import parse
from phrasebook.errors import PatternError
from phrasebook.model import Entry, Phrasebook, Where
from phrasebook.pattern import (
    AnyOrder,
    Choice,
    Literal,
    Node,
    Optional_,
    Pattern,
    PatternGap,
    Sequence,
)
from qa_engine.matching import Matcher
from qa_engine.matching.text.normalise import normalise
from qa_engine.matching.text.readings import other_readings

ALPHABET = "甲乙丙丁"
words = st.text(ALPHABET, min_size=1, max_size=3)


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    row = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.one_of(
        st.tuples(row, row).map(lambda two: f"({two[0]}|{two[1]})"),
        st.tuples(inner, row).map(lambda two: f"{two[0]}[{two[1]}]"),
        st.tuples(row, st.integers(1, 3), row).map(lambda three: "{}...{}{}".format(*three)),
        st.tuples(words, words).map(lambda two: f"({two[0]}&2{two[1]}|丁丁丁)"),
    )


lines = st.recursive(words, _grown, max_leaves=6)
texts = st.text(ALPHABET, max_size=12)


def expression(node: Pattern | Node | Sequence) -> str:
    match node:
        case Pattern(root=root):
            return expression(root)
        case Sequence(items):
            return "".join(map(expression, items))
        case Literal(text):
            return re.escape(text)
        case PatternGap(most):
            return f".{{0,{most}}}"
        case Optional_(body):
            return f"(?:{expression(body)})?"
        case Choice(branches):
            return "(?:" + "|".join(map(expression, branches)) + ")"
        case AnyOrder(parts, most):
            orders = permutations(map(expression, parts))
            return "(?:" + "|".join(f".{{0,{most}}}".join(order) for order in orders) + ")"
    raise AssertionError(node)


@settings(max_examples=200, deadline=None)
@given(line=lines, text=texts)
def test_pattern_is_heard_exactly_where_its_regular_expression_is(line: str, text: str) -> None:
    try:
        pattern = parse(line)
    except PatternError:
        return
    # What is said twice over (丙丁丙丁) counts as stutter, which a gap need not hold.
    assume(not other_readings(normalise(text)))
    entry = Entry(id="x", title="x", say=(pattern,), where=Where(path="x", line=1))
    book = Phrasebook(name="x", version="1", entries=(entry,))
    found = Matcher(book).find(text, min_score=1.0)
    regex = re.compile(expression(pattern))
    assert bool(found) == bool(regex.search(text))
    assert all(regex.fullmatch(match.heard) for match in found)
