"""Looks up every name a pack uses, when all of them are known; finds circles and wrong orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter

from phrasebook.build_score import CONDUCT_CHECKS
from phrasebook.context import Context, Reference
from phrasebook.errors import Code
from phrasebook.model import AnchorKind, Script, Step
from phrasebook.words import nearest


def check_references(context: Context, steps: Sequence[Step], scripts: Sequence[Script]) -> None:
    """Tell of every name that nothing has."""
    _look_up(context, context.uses_of_steps, context.step_ids, "step", Code.UNKNOWN_STEP)
    _look_up(context, context.uses_of_entries, context.entry_ids, "entry", Code.UNKNOWN_ENTRY)
    _look_up(context, context.uses_of_scripts, context.scripts, "script", Code.UNKNOWN_SCRIPT)
    uses, conditions = context.uses_of_conditions, context.conditions
    _look_up(context, uses, conditions, "condition", Code.UNKNOWN_CONDITION)
    _look_up_feeds(context)
    _check_circles(context, steps)
    _check_orders(context, steps, scripts)


def _look_up(
    context: Context, uses: Iterable[Reference], known: Iterable[str], what: str, code: Code
) -> None:
    names = set(known)
    for use in uses:
        if use.name not in names:
            message = f"{use.owner} names unknown {what} '{use.name[:40]}'"
            context.problems.add(use.where, code, message + nearest(use.name, names))


def _look_up_feeds(context: Context) -> None:
    known = [*context.rules, *(f"conduct.{check}" for check in CONDUCT_CHECKS)]
    for use in context.feeds:
        prefix = use.name.removesuffix("*")
        is_prefix = use.name.endswith("*")
        if not any(name.startswith(prefix) if is_prefix else name == prefix for name in known):
            message = f"{use.owner} is fed by unknown '{use.name[:40]}'"
            context.problems.add(use.where, Code.UNKNOWN_FEED, message + nearest(use.name, known))


def _waits_for(step: Step) -> set[str]:
    """The steps that must stand before this one can."""
    anchor = {step.anchor.ref} if step.anchor.kind is AnchorKind.STEP else set()
    return anchor | set(step.after)


def _check_circles(context: Context, steps: Sequence[Step]) -> None:
    by_id = {step.id: step for step in steps}
    waits = {step.id: {name for name in _waits_for(step) if name in by_id} for step in steps}
    while True:
        try:
            TopologicalSorter(waits).prepare()
        except CycleError as error:
            circle = list(reversed(error.args[1]))
            message = f"step '{circle[0]}' waits for itself: {' → '.join(circle)}"
            context.problems.add(by_id[circle[0]].where, Code.CYCLE, message)
            waits[circle[0]].discard(circle[1])
        else:
            return


def _check_orders(context: Context, steps: Sequence[Step], scripts: Sequence[Script]) -> None:
    by_id = {step.id: step for step in steps}
    for script in scripts:
        place = {name: index for index, name in enumerate(script.steps)}
        for name in dict.fromkeys(script.steps):
            if script.steps.count(name) > 1:
                message = f"script '{script.id}' lists step '{name}' twice; expected once"
                context.problems.add(script.where, Code.DUPLICATE_ID, message)
            for other in by_id[name].after if name in by_id else ():
                if place.get(other, -1) > place[name]:
                    message = (
                        f"script '{script.id}' lists '{name}' before '{other}', which it is after"
                    )
                    context.problems.add(script.where, Code.SCRIPT_ORDER, message)
