"""Conditions on a call: the tree of `if`, as `read_condition` makes it and the engine asks it.

    方向 = 呼出                    Compare("方向", Op.EQUAL, ("呼出",))
    产品 = 年金险/万能险           either of them
    时长 >= 60s                    of the call, in ms when asked
    命中:同意继续                  SaidCondition("同意继续", Op.AT_LEAST, 1)
    命中:客户拒绝 前3句 >= 2       the same, at least twice in the three turns before
    完成:核实身份                  the words of a step
    老客户                         Named("老客户"), from the pack's `conditions`
    甲 且 (乙 或 非 丙)            All, Either, Not

`GRAMMAR.md` is the page about it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from phrasebook.reach import ANY_TIME_BEFORE, Reach, read_reach
from phrasebook.terms import Where

__all__ = [
    "All",
    "Compare",
    "Condition",
    "ConditionError",
    "Either",
    "Named",
    "Node",
    "Not",
    "Op",
    "SaidCondition",
    "read_condition",
    "walk",
]


class Op(StrEnum):
    EQUAL = "="
    UNEQUAL = "!="
    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="
    HOLDS = "包含"


@dataclass(frozen=True, slots=True)
class Compare:
    """What is told of the call against values, of which one is enough."""

    name: str
    op: Op
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaidCondition:
    """How often an entry was hit, or the words of a step were said, and where."""

    rule: str
    op: Op
    count: int
    reach: Reach = ANY_TIME_BEFORE
    """Seen from the hit that is asked about; of the whole call where nothing is."""
    is_step: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    body: Node


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    parts: tuple[Node, ...]


Node = Compare | SaidCondition | Named | Not | All | Either


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition as typed, and its tree."""

    source: str
    root: Node
    where: Where | None = field(default=None, compare=False)


class ConditionError(ValueError):
    """A condition that cannot be read."""


_AND = frozenset(("且", "并且", "而且", "and", "&&"))
_OR = frozenset(("或", "或者", "or", "||"))
_NOT = frozenset(("非", "不满足", "not"))
_OPS = {
    **{"=": Op.EQUAL, "==": Op.EQUAL, "是": Op.EQUAL, "属于": Op.EQUAL, "in": Op.EQUAL},
    **{"!=": Op.UNEQUAL, "≠": Op.UNEQUAL, "不是": Op.UNEQUAL},
    **{">": Op.ABOVE, "大于": Op.ABOVE, "超过": Op.ABOVE, "<": Op.BELOW, "小于": Op.BELOW},
    **{">=": Op.AT_LEAST, "≥": Op.AT_LEAST, "至少": Op.AT_LEAST, "不低于": Op.AT_LEAST},
    **{"<=": Op.AT_MOST, "≤": Op.AT_MOST, "至多": Op.AT_MOST, "不超过": Op.AT_MOST},
    **{"包含": Op.HOLDS, "contains": Op.HOLDS},
}
_AFTER_A_PLACE = frozenset((*_AND, *_OR, *_OPS, ")"))
_TOKEN = re.compile(r"\s*([()]|>=|<=|!=|==|&&|\|\||[=<>≥≤≠]|[^\s()=<>!≥≤≠&|]+)")
_LIST = re.compile(r"[/、;]|(?<!\d),|,(?!\d)")
"""Parts one value from the next; the comma of 1,200 is none."""
_QUOTES = "\"'“”‘’「」『』"
_SAID = re.compile(r"(?:命中|hit|(?P<step>完成|done)):(?P<rule>.+)", re.IGNORECASE)


def read_condition(text: str) -> Condition:
    """Raises ConditionError that says what was found and expected."""
    plain = unicodedata.normalize("NFKC", text)
    tokens = _TOKEN.findall(plain)
    if "".join(tokens) != re.sub(r"\s+", "", plain):
        raise ConditionError("found a sign that no condition has; expected such as 方向 = 呼出")
    reader = _ConditionReader(tokens)
    root = reader.either()
    if reader.next is not None:
        raise ConditionError(f"found '{reader.next[:20]}' at the end; expected 且, 或 or nothing")
    return Condition(text, root)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    match node:
        case Not(body):
            yield from walk(body)
        case All(parts) | Either(parts):
            for part in parts:
                yield from walk(part)


class _ConditionReader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def next(self) -> str | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, words: frozenset[str]) -> bool:
        if self.next is not None and self.next.lower() in words:
            self._at += 1
            return True
        return False

    def either(self) -> Node:
        parts = [self.all()]
        while self._take(_OR):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def all(self) -> Node:
        parts = [self.one()]
        while self._take(_AND):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def one(self) -> Node:
        if self._take(_NOT):
            return Not(self.one())
        if self._take(frozenset("(")):
            inner = self.either()
            if not self._take(frozenset(")")):
                raise ConditionError("found '(' without ')'; expected both")
            return inner
        return self._atom()

    def _atom(self) -> Node:
        name = self._word("a name such as 方向, 产品, 命中:编号")
        said = _SAID.fullmatch(name)
        if said is not None:
            return self._said(said["rule"], is_step=said["step"] is not None)
        op = _OPS.get((self.next or "").lower())
        if op is None:
            return Named(name)
        self._at += 1
        parts = (part.strip().strip(_QUOTES).strip() for part in _LIST.split(self._value(op)))
        return Compare(name, op, tuple(part for part in parts if part))

    def _said(self, rule: str, *, is_step: bool) -> SaidCondition:
        """`命中:X`, perhaps with where (前3句) and how often (>= 2)."""
        place = []
        while (word := self.next) is not None and word.lower() not in _AFTER_A_PLACE:
            place.append(word)
            self._at += 1
        reach = read_reach("".join(place)) if place else ANY_TIME_BEFORE
        if reach is None:
            found = "".join(place)[:20]
            raise ConditionError(f"found '{found}'; expected where, such as 前3句, 后30s or 全程")
        op = _OPS.get((self.next or "").lower())
        if op is None:
            return SaidCondition(rule, Op.AT_LEAST, 1, reach, is_step)
        self._at += 1
        often = self._value(op).removesuffix("次").strip()
        if not often.isdigit():
            raise ConditionError(
                f"found '{often[:20]}'; expected how often, such as 命中:编号 >= 2"
            )
        return SaidCondition(rule, op, int(often), reach, is_step)

    def _value(self, op: str) -> str:
        values = [self._word(f"a value after '{op}'")]
        while (word := self.next) is not None and word.lower() not in {*_AND, *_OR, ")"}:
            if word.lower() in _OPS:
                raise ConditionError(
                    f"found '{word}' in a value; expected 且 or 或 between two comparisons"
                )
            # 2025 03: a value may hold spaces.
            values.append(word)
            self._at += 1
        return " ".join(values)

    def _word(self, expected: str) -> str:
        word = self.next
        if word is None or word in "()" or word.lower() in {*_AND, *_OR, *_NOT, *_OPS}:
            found = f"'{word}'" if word else "nothing"
            raise ConditionError(f"found {found}; expected {expected}")
        self._at += 1
        return word
