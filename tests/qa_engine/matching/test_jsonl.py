"""Lines in, JSON objects out: the contract that matching is measured by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from qa_engine.errors import QAError
from qa_engine.matching import Matcher
from qa_engine.matching.jsonl import BadLine, match_lines
from tests.qa_engine.matching.calls import book, entry, step

PLAIN = Matcher.from_phrases(["我不知道", "办不了这个"])


def hits(*lines: str, **keys: Any) -> list[list[str]]:
    one = book(
        entry("dont-know", "我不知道"),
        entry("threat", "我要曝光", who="customer"),
        step("greet", "为您服务"),
    )
    rows = match_lines(lines, Matcher(one), one, **keys)
    return [[hit["rule"] for hit in row["hits"]] for row in rows]


def test_plain_line_gives_one_row_with_every_field() -> None:
    (row,) = match_lines(["这个我不知道啊\n"], PLAIN)
    assert row["line"] == 1
    (hit,) = row["hits"]
    assert list(hit) == [
        "phrase",
        "rule",
        "begin",
        "end",
        "heard",
        "tier",
        "score",
        "why",
        "suggest",
        "decision",
        "reason",
        "reason_zh",
    ]
    assert (hit["phrase"], hit["begin"], hit["end"], hit["heard"]) == ("我不知道", 2, 6, "我不知道")
    assert (hit["tier"], hit["score"], hit["suggest"]) == ("exact", 1.0, [])
    assert json.loads(json.dumps(row, ensure_ascii=False)) == row


def test_every_line_is_answered_in_order_hit_or_not() -> None:
    lines = ["我不知道", "", "你好", '{"text": "我不知道"}']
    assert [(row["line"], len(row["hits"])) for row in match_lines(lines, PLAIN)] == [
        (1, 1),
        (2, 0),
        (3, 0),
        (4, 1),
    ]


def test_offsets_count_the_line_as_it_was() -> None:
    (row,) = match_lines(["  我不知道\r\n"], PLAIN)
    assert (row["hits"][0]["begin"], row["hits"][0]["end"]) == (2, 6)


def test_json_lines_say_who_speaks() -> None:
    assert hits(
        '{"text": "我不知道", "role": "agent", "begin_ms": 1200}',
        '{"text": "我不知道", "role": "customer"}',
        '{"text": "我要曝光", "role": "customer"}',
    ) == [["dont-know"], [], ["threat"]]


def test_role_is_for_lines_that_do_not_say() -> None:
    lines = ("我不知道，我要曝光", '{"text": "我不知道", "role": "agent"}')
    assert hits(*lines, role="customer") == [["threat"], ["dont-know"]]
    assert hits(*lines, role="any") == [["dont-know", "threat"], ["dont-know"]]


def test_quotations_and_steps_are_no_hits() -> None:
    assert hits("您刚才说我不知道", "为您服务") == [[], []]


def test_suggestions_come_from_the_phrasebook() -> None:
    one = book(entry("x", "我不知道", suggest=("甲", "乙")))
    (row,) = match_lines(["我不知道"], Matcher(one), one)
    assert row["hits"][0]["suggest"] == ["甲", "乙"]


def test_min_score_replaces_the_thresholds() -> None:
    (misheard,) = match_lines(["我不之道"], PLAIN)
    (strict,) = match_lines(["我不之道"], PLAIN, min_score=0.999)
    assert misheard["hits"]
    assert strict["hits"] == []


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param('{"text": "我不知道"', "goes wrong at character", id="cut off"),
        pytest.param('{"role": "agent"}', "no `text`", id="no text"),
        pytest.param('{"text": 3}', "no `text`", id="text is a number"),
        pytest.param('{"text": "好", "role": "boss"}', "`role` is none of", id="role"),
        pytest.param('{"text": "好", "begin_ms": "soon"}', "`begin_ms`", id="begin_ms"),
        pytest.param('{"a":' * 100_000, "JSON", id="deep"),
    ],
)
def test_bad_line_is_one_clear_error_with_its_number(line: str, told: str) -> None:
    with pytest.raises(BadLine, match=told) as caught:
        list(match_lines(["好", line], PLAIN))
    assert caught.value.line == 2
    assert str(caught.value).startswith("line 2: ")
    assert isinstance(caught.value, QAError)


def test_error_does_not_quote_the_caller() -> None:
    with pytest.raises(BadLine) as caught:
        list(match_lines(['{"text": "我的卡号是六二二二'], PLAIN))
    assert "卡号" not in str(caught.value)


def test_lines_before_a_bad_one_are_answered() -> None:
    rows = match_lines(["我不知道", "{"], PLAIN)
    assert next(rows)["hits"]
    with pytest.raises(BadLine):
        next(rows)


def test_lines_are_taken_as_they_come() -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "我不知道"

    rows = match_lines(endless(), PLAIN)
    assert [next(rows)["line"] for _ in range(600)][-1] == 600
