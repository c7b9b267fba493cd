"""What `命中:X 前3句 >= 2` and its kin come to, again, slow and obvious: over a finished call.

Written from `phrasebook/GRAMMAR.md`, not from the code. A call is a list of lines in order of time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from phrasebook.conditions import All, Either, Node, Not, Op, SaidCondition
from phrasebook.reach import Side
from qa_engine.events import Role


@dataclass(frozen=True, slots=True)
class Heard:
    role: Role
    begin_ms: int
    end_ms: int
    says: str
    """The rule or step whose words it holds; 嗯 for nothing but that, "" for other words."""


def wanted(call: list[Heard], conditions: Mapping[str, Node | None], order: list[str]) -> set[int]:
    """The lines whose rule counts; `order`: those that others ask for come first."""
    kept: set[int] = set()
    for rule in order:
        condition = conditions[rule]
        for number, line in enumerate(call):
            if line.says == rule and (condition is None or _holds(condition, number, call, kept)):
                kept.add(number)
    return kept


def _holds(node: Node, at: int, call: list[Heard], kept: set[int]) -> bool:
    match node:
        case Not(body):
            return not _holds(body, at, call, kept)
        case All(parts):
            return all(_holds(part, at, call, kept) for part in parts)
        case Either(parts):
            return any(_holds(part, at, call, kept) for part in parts)
        case SaidCondition():
            count = sum(
                line.says == node.rule
                and (node.is_step or number in kept)
                and number != at
                and _lies_in(node, number, at, call)
                for number, line in enumerate(call)
            )
            return _compared(count, node.op, node.count)
    raise AssertionError(node)


def _lies_in(node: SaidCondition, other: int, at: int, call: list[Heard]) -> bool:
    reach = node.reach
    if reach.side is Side.WHOLE:
        return True
    if reach.side is Side.BEFORE and other > at:
        return False
    if reach.side is Side.AFTER and other < at:
        return False
    first, last = min(other, at), max(other, at)
    if reach.turns is not None:
        return turns_between(first, last, call) <= reach.turns
    if reach.within_ms is None:
        return True
    if other < at:
        return call[at].begin_ms - call[other].begin_ms <= reach.within_ms
    return call[other].begin_ms - call[at].end_ms <= reach.within_ms


def turns_between(first: int, last: int, call: list[Heard]) -> int:
    """Turns of whoever speaks at `last`, after `first` and up to it; a 嗯 of the other parts none."""
    role = call[last].role
    count, speaking = 0, False
    for line in call[first + 1 : last + 1]:
        if line.role is role:
            count += not speaking
            speaking = True
        elif line.says != "嗯":
            speaking = False
    return count


def _compared(count: int, op: Op, number: int) -> bool:
    return {
        Op.EQUAL: count == number,
        Op.UNEQUAL: count != number,
        Op.ABOVE: count > number,
        Op.AT_LEAST: count >= number,
        Op.BELOW: count < number,
        Op.AT_MOST: count <= number,
    }[op]
