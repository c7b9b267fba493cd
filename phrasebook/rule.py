"""What entries and steps have in common: an id, tests, a `when`."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from phrasebook.conditions import (
    Condition,
    ConditionError,
    Named,
    SaidCondition,
    read_condition,
    walk,
)
from phrasebook.context import Reference
from phrasebook.durations import read_when
from phrasebook.errors import Code
from phrasebook.limits import Limit, Times, read_limit, read_times
from phrasebook.model import Tests, When
from phrasebook.nodes import Fields, Items, Scalar
from phrasebook.pattern import Pattern
from phrasebook.reader import FieldReader, reader_of
from phrasebook.spoken_record import SpokenRecord, read_spoken_record

MADE_ID_CHARS = 24
_HAN = re.compile("[\u4e00-\u9fff]")

Read = TypeVar("Read")


def rule_id(fields: Fields, say_key: str) -> str:
    """The id typed, or one made of the first line's words where none is: 我不知道."""
    typed = fields.values.get("id")
    if isinstance(typed, Scalar) and not typed.is_null:
        return typed.text.strip()
    if isinstance(typed, Items | Fields):
        return ""
    say = fields.values.get(say_key)
    if isinstance(say, Items) and say.values:
        say = say.values[0]
    words = filter(str.isalnum, say.text) if isinstance(say, Scalar) else ""
    return "".join(words)[:MADE_ID_CHARS]


def untitled(fields: Fields, id_: str, say: Sequence[Pattern]) -> str:
    """What a rule without a title is called: its id where an author wrote words there (推给商家),
    else its first line.
    """
    if not say or ("id" in fields.values and _HAN.search(id_)):
        return id_
    return say[0].source


def declare_rule(reader: FieldReader, id_: str, kin: set[str], says: str = "say") -> None:
    """Take the id of a rule, or tell why there is none; `says`: the key it may be made of."""
    if id_:
        reader.context.declare(reader.context.rules, id_, reader.place("id"), reader.owner)
        kin.add(id_)
    elif reader.scalar("id") is not None:
        reader.text("id")
    elif reader.get("id") is None and reader.get(says) is not None:
        reader.missing("id")


def read_tests(reader: FieldReader) -> Tests:
    """`tests: {hit: […], miss: […]}`, no sentence in both."""
    value = reader.get("tests")
    if value is None:
        return Tests()
    inner = reader_of(reader, "tests", value, ("hit", "miss"))
    if inner is None:
        return Tests()
    tests = Tests(hit=inner.texts("hit"), miss=inner.texts("miss"))
    if both := set(tests.hit) & set(tests.miss):
        message = f"{len(both)} sentence(s) stand under both hit and miss; expected one of them"
        reader.tell(inner.place("miss"), Code.TEST_TWICE, message)
    return tests


def read_if(reader: FieldReader) -> Condition | None:
    """`if: 方向 = 呼出`; the names it uses are looked up when all are known."""
    scalar = reader.scalar("if")
    if scalar is None:
        return None
    return condition_of(reader, scalar)


def condition_of(reader: FieldReader, scalar: Scalar) -> Condition | None:
    """`if:` of a rule; None where there is none or a mistake was told."""
    try:
        condition = replace(read_condition(scalar.text), where=scalar.where)
    except ConditionError as error:
        reader.tell(scalar.where, Code.BAD_CONDITION, f"'if': {error}")
        return None
    for node in walk(condition.root):
        if isinstance(node, Named):
            use = Reference(node.name, scalar.where, reader.owner)
            reader.context.uses_of_conditions.append(use)
        elif isinstance(node, SaidCondition):
            use = Reference(node.rule, scalar.where, reader.owner)
            names = reader.context
            (names.uses_of_steps if node.is_step else names.uses_of_entries).append(use)
    return condition


def read_times_of(reader: FieldReader) -> Times | None:
    """`times:` of a rule; None where there is none or a mistake was told."""
    return _read_as(reader, "times", read_times, Code.BAD_TIMES, "such as 至少 3 次 or 最多 2 次")


def read_limit_of(reader: FieldReader) -> Limit | None:
    """`limit:` of a rule; None where there is none or a mistake was told."""
    expected = "such as 百分比 > 3.5 or 金额 > 权限"
    return _read_as(reader, "limit", read_limit, Code.BAD_LIMIT, expected)


def read_record_of(reader: FieldReader) -> SpokenRecord | None:
    """`record: 订单号 后4位`."""
    expected = "a heading of the call's data, such as 客户姓名 or 订单号 后4位"
    return _read_as(reader, "record", read_spoken_record, Code.BAD_RECORD, expected)


def read_window(reader: FieldReader) -> When | None:
    """`when: first 30s`; None when absent or wrong."""
    expected = "first 30s, last 2 turns, 前30秒 or 后2句"
    when = _read_as(reader, "when", read_when, Code.BAD_WHEN, expected)
    if when and 0 in (when.first_ms, when.last_ms, when.first_turns, when.last_turns):
        message = "'when' spans nothing; expected more than 0"
        reader.tell(reader.place("when"), Code.BAD_WINDOW, message)
    return when


def _read_as(
    reader: FieldReader,
    key: str,
    read: Callable[[str], Read | None],
    code: Code,
    expected: str,
) -> Read | None:
    """What is typed under `key`, read; None when absent, or told as not `expected`."""
    scalar = reader.scalar(key)
    if scalar is None:
        return None
    found = read(scalar.text)
    if found is None:
        message = f"'{key}' is '{scalar.text[:20]}'; expected {expected}"
        reader.tell(scalar.where, code, message)
    return found
