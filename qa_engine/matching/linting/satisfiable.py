"""Whether a condition can be true at all: every way in which it could be, tried one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, pairwise, product

from phrasebook.conditions import All, Compare, Either, Named, Node, Not, Op, SaidCondition
from phrasebook.durations import read_duration
from qa_engine.rules.record import (
    DURATION_NAMES,
    TIME_NAMES,
    against,
    as_number,
    folded,
    in_time,
    plain,
)

__all__ = ["can_hold"]

Fact = tuple[Compare | SaidCondition, bool]
"""Something asked, and whether it is so."""
MOST_WAYS = 512
"""More than anybody types; a condition with more of them is taken to be able to hold."""
_DAY_MINUTES = 24 * 60


def can_hold(node: Node, named: Mapping[str, Node], *, truth: bool = True) -> bool:
    """Whether some call makes the condition true (or false, where `truth` is False)."""
    ways = list(islice(_ways(node, named, truth), MOST_WAYS))
    return len(ways) == MOST_WAYS or any(_is_possible(way) for way in ways)


def _ways(node: Node, named: Mapping[str, Node], truth: bool) -> Iterator[tuple[Fact, ...]]:
    match node:
        case Not(body):
            yield from _ways(body, named, not truth)
        case All(parts) | Either(parts):
            if isinstance(node, All) is truth:
                each = [list(islice(_ways(part, named, truth), MOST_WAYS)) for part in parts]
                for chosen in product(*each):
                    yield tuple(fact for way in chosen for fact in way)
            else:
                for part in parts:
                    yield from _ways(part, named, truth)
        case Named(name):
            if name in named:
                yield from _ways(named[name], named, truth)
            else:
                yield ()
        case Compare() | SaidCondition():
            yield ((node, truth),)


def _is_possible(way: Iterable[Fact]) -> bool:
    by_name: dict[object, list[Fact]] = {}
    for fact in way:
        by_name.setdefault(_name_of(fact[0]), []).append(fact)
    return all(_agree(facts) for facts in by_name.values())


def _name_of(asked: Compare | SaidCondition) -> object:
    if isinstance(asked, SaidCondition):
        return asked.rule, asked.is_step, asked.reach
    return folded(asked.name)


def _agree(facts: list[Fact]) -> bool:
    first = facts[0][0]
    if isinstance(first, SaidCondition):
        bounds = [
            (one.op, float(one.count), so) for one, so in facts if isinstance(one, SaidCondition)
        ]
        return any(_fits(float(count), bounds) for count in _near([n for _, n, _ in bounds], 0))
    told = [(one, so) for one, so in facts if isinstance(one, Compare)]
    name = folded(first.name)
    if name in TIME_NAMES:
        return any(
            all(_is_then(minute, one) is so for one, so in told) for minute in range(_DAY_MINUTES)
        )
    if name in DURATION_NAMES:
        lengths = [(one.op, float(read_duration(one.values[0]) or 0), so) for one, so in told]
        return any(_fits(ms, lengths) for ms in _near([ms for _, ms, _ in lengths], 0))
    return _values_agree(told)


def _is_then(minute: int, asked: Compare) -> bool:
    return any(in_time(minute, asked.op, value) for value in asked.values)


def _near(values: list[float], least: float) -> list[float]:
    """The values that are named, and something on either side of each."""
    return [one for value in values for one in (value - 1, value, value + 1) if one >= least]


def _fits(value: float, bounds: Iterable[tuple[Op, float, bool]]) -> bool:
    return all(_holds(value, op, limit) is so for op, limit, so in bounds)


def _holds(value: float, op: Op, limit: float) -> bool:
    return {
        Op.EQUAL: value == limit,
        Op.UNEQUAL: value != limit,
        Op.ABOVE: value > limit,
        Op.AT_LEAST: value >= limit,
        Op.BELOW: value < limit,
        Op.AT_MOST: value <= limit,
        Op.HOLDS: True,
    }[op]


def _values_agree(told: list[tuple[Compare, bool]]) -> bool:
    """Whether some value satisfies all that is asked of one heading."""
    tried = {plain(value) for one, _ in told for value in one.values}
    numbers = [number for value in tried if (number := as_number(value)) is not None]
    joined = "，".join(sorted(tried))
    candidates = [*tried, joined, "\x00", *(f"{one:g}" for one in _between(numbers))]
    return any(all(_is_so(value, one) is so for one, so in told) for value in candidates)


def _between(numbers: list[float]) -> Iterator[float]:
    """A number on either side of each, and one between every two neighbours."""
    ordered = sorted(set(numbers))
    for one in ordered:
        yield from (one - 1, one, one + 1)
    for left, right in pairwise(ordered):
        yield (left + right) / 2


def _is_so(value: str, asked: Compare) -> bool | None:
    """None: nobody could tell, so it is neither true nor false."""
    found = [against(value, asked.op, other) for other in asked.values]
    if asked.op is Op.UNEQUAL:
        return False if False in found else None if None in found else True
    return True if True in found else None if None in found else False
