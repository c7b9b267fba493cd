from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phrasebook.errors import PatternError
from phrasebook.parse import MAX_CHARS, MAX_DEPTH, is_nullable, parse
from phrasebook.pattern import AnyOrder, Choice, Literal, Optional_, PatternGap, Sequence, Slot
from phrasebook.unparse import spelled, unparse
from tests.phrasebook.strategies import lines


def seq(*items: object) -> Sequence:
    """A sequence; a text in it is a literal."""
    return Sequence(tuple(Literal(i) if isinstance(i, str) else i for i in items))  # type: ignore[misc]


TREES = {
    "words": ("我不知道", seq("我不知道")),
    "optional": ("我[真的]不知道", seq("我", Optional_(seq("真的")), "不知道")),
    "optional alternatives": (
        "我[真的|也]不知道",
        seq("我", Optional_(seq(Choice((seq("真的"), seq("也"))))), "不知道"),
    ),
    "choice": ("(不|没法)处理", seq(Choice((seq("不"), seq("没法"))), "处理")),
    "list": ("年化{百分比}", seq("年化", Slot("百分比"))),
    "gap": ("保证 ... 收益", seq("保证", PatternGap(6), "收益")),
    "wide gap": ("年化 ...8 {百分比}", seq("年化", PatternGap(8), Slot("百分比"))),
    "ellipsis": ("保证…收益", seq("保证", PatternGap(6), "收益")),
    "chinese ellipsis": ("保证……收益", seq("保证", PatternGap(6), "收益")),
    "numbered ellipsis": ("保证…10收益", seq("保证", PatternGap(10), "收益")),
    "number after a gap": ("拨打 ... 10086", seq("拨打", PatternGap(6), "10086")),
    "any order": ("内部 & 返现", seq(AnyOrder((seq("内部"), seq("返现")), 6))),
    "any order of three": (
        "甲 &9 乙 & 丙",
        seq(AnyOrder((seq("甲"), seq("乙"), seq("丙")), 9)),
    ),
    "any order inside": ("(甲 & 乙)丙", seq(AnyOrder((seq("甲"), seq("乙")), 6), "丙")),
    "literal": ('加"VX"', seq("加", Literal("VX", phonetic=False))),
    "chinese quotes": ("加“V X”", seq("加", Literal("V X", phonetic=False))),
    "signs in quotes": ("“a|b(c”", seq(Literal("a|b(c", phonetic=False))),
    "nesting": (
        "(甲[乙|丙]|丁)戊",
        seq(Choice((seq("甲", Optional_(seq(Choice((seq("乙"), seq("丙")))))), seq("丁"))), "戊"),
    ),
    "full width": ("（甲｜乙）［丙］", parse("(甲|乙)[丙]").root),
    "chinese keyboard": ("（甲｜乙）【丙】｛部门｝", parse("(甲|乙)[丙]{部门}").root),
    "spaces": ("  我 不　知道 ", seq("我不知道")),
    "punctuation": ("您好，感谢；致电。好吗？", seq("您好感谢致电好吗")),
    "useless brackets": ("((我))(不知道)", seq("我不知道")),
    "decimal": ("3.5折.", seq("3.5折")),
    "slash": ("24/7 a / b", seq("24/7ab")),
    "web name": ("下载app.com.", seq("下载app.com")),
}


@pytest.mark.parametrize(("line", "tree"), TREES.values(), ids=TREES.keys())
def test_a_line_becomes_its_tree(line: str, tree: Sequence) -> None:
    assert parse(line).root == tree


WRONG = {
    "empty": ("", 1, "empty"),
    "blank": ("  ", 1, "empty"),
    "only punctuation": ("，。", 3, "end of the line"),
    "unclosed (": ("(甲", 3, "expected ')' to close '(' of column 1"),
    "unclosed [": ("我[真的不知道", 8, "expected ']' to close '[' of column 2"),
    "wrong closer": ("[甲)", 3, "expected ']'"),
    "stray )": ("甲)", 2, "nothing opens"),
    "stray }": ("甲}", 2, "nothing opens"),
    "unclosed list": ("甲{部门", 2, "never closed"),
    "nameless list": ("甲{ }", 2, "no list's name"),
    "unclosed quote": ("甲“乙", 2, "never closed"),
    "empty quote": ("甲“”", 2, "nothing between the quotes"),
    "empty branch": ("(甲|)", 4, "expected words"),
    "empty optional": ("甲[]", 3, "expected words"),
    "choice outside": ("甲|乙", 2, "outside brackets"),
    "two dots": ("甲..乙", 2, "expected '...'"),
    "gap first": ("...甲", 1, "expected words on both sides"),
    "gap last": ("甲...", 2, "expected words on both sides"),
    "gap before &": ("甲... & 乙", 2, "expected words on both sides"),
    "gap after & in brackets": ("(甲 & 乙...)丙", 7, "expected words on both sides"),
    "two gaps": ("甲 ... ... 乙", 7, "two gaps"),
    "gap too wide": ("甲...61乙", 5, "expected 1 to 60"),
    "gap of nothing": ("甲...0乙", 5, "expected 1 to 60"),
    "hotline after a gap": ("拨打...12315", 6, "a space before the number"),
    "nothing after &": ("甲 &", 4, "expected words"),
    "& twice": ("甲 && 乙", 4, "'&' twice"),
    "optional side of &": ("甲 & [乙]", 5, "one side of '&'"),
    "all optional": ("[甲][乙]", 1, "every part is optional"),
    "control character": ("甲\x07乙", 2, "U+0007"),
    "too long": ("甲" * (MAX_CHARS + 1), MAX_CHARS + 1, "at most"),
    "too deep": ("[" * (MAX_DEPTH + 1) + "甲", MAX_DEPTH + 1, "nested deeper"),
    "two slashes": ("甲//乙", 2, "'//'"),
}


@pytest.mark.parametrize(("line", "column", "words"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_line_is_told_with_its_column(line: str, column: int, words: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse(line)
    assert caught.value.column == column
    assert words in caught.value.message


@given(lines())
@settings(max_examples=120, deadline=None)
def test_unparsing_a_tree_and_parsing_it_again_gives_the_same_tree(line: str) -> None:
    root = parse(line).root
    spelled = unparse(root)
    assert parse(spelled).root == root
    assert unparse(parse(spelled).root) == spelled


@given(st.text('我不([{}])|&"“”….0159 ，/a', max_size=16))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_pattern_or_a_pattern_error(text: str) -> None:
    with contextlib.suppress(PatternError):
        pattern = parse(text)
        assert not is_nullable(pattern.root)
        assert parse(unparse(pattern.root)).root == pattern.root


def test_the_source_is_what_was_typed() -> None:
    assert parse(" 我[真的] 不知道 ").source == "我[真的] 不知道"


def test_full_width_digits_size_a_gap() -> None:
    assert (
        parse("保本…６赚钱").root == parse("保本…6赚钱").root == seq("保本", PatternGap(6), "赚钱")
    )


@pytest.mark.parametrize(
    ("line", "edges"),
    [("^不知道", (True, False)), ("不需要$", (False, True)), ("＾不行＄", (True, True))],
)
def test_edges_of_a_clause_are_asked_for_at_the_edges_of_a_line(
    line: str, edges: tuple[bool, bool]
) -> None:
    pattern = parse(line)
    assert (pattern.opens, pattern.closes) == edges
    assert parse(spelled(pattern)) == replace(pattern, source=spelled(pattern))
    assert not {"^", "$", "＾", "＄"} & set(unparse(pattern.root))
