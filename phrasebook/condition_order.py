"""Rules whose conditions ask for other rules: those come first, and none may wait for itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from phrasebook.conditions import Condition, Named, Node, SaidCondition, walk
from phrasebook.context import Context
from phrasebook.errors import Code
from phrasebook.model import Entry

__all__ = ["asked_rules", "check_circles", "in_order"]


def asked_rules(node: Node, named: Mapping[str, Node]) -> Iterator[SaidCondition]:
    """Every `命中:X` and `完成:X` of a condition, through the named ones that it uses."""
    for part in walk(node):
        if isinstance(part, SaidCondition):
            yield part
        elif isinstance(part, Named) and part.name in named:
            yield from asked_rules(named[part.name], named)


def in_order(entries: Iterable[Entry], named: Mapping[str, Node]) -> tuple[str, ...]:
    """Ids of entries, each after those that its condition asks for.

    Raises CycleError where they go round in a circle. An entry that asks for itself means its
    earlier hits, whatever becomes of them.
    """
    by_id = {entry.id: entry for entry in entries}
    asks = {
        entry.id: {
            part.rule
            for part in asked_rules(entry.condition.root, named)
            if not part.is_step and part.rule in by_id and part.rule != entry.id
        }
        if entry.condition
        else set()
        for entry in by_id.values()
    }
    return tuple(TopologicalSorter(asks).static_order())


def check_circles(
    context: Context, entries: Iterable[Entry], conditions: Mapping[str, Condition]
) -> None:
    """Tell of the first circle."""
    known = tuple(entries)
    try:
        in_order(known, {name: one.root for name, one in conditions.items()})
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        where = next(entry.where for entry in known if entry.id == circle[0])
        message = f"the condition of entry '{circle[0]}' asks for itself: {' → '.join(circle)}"
        context.problems.add(where, Code.CONDITION_CIRCLE, message)
