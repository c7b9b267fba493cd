"""Steps that hang on findings, once people judged those findings.

A trigger that a person calls a false alarm (投诉升级, which asks for 升级致歉) asked for nothing:
what only it made due is not applicable. A step may have been due on several occasions; those that
stand speak for it. Words of a step that only a wrong finding spoiled were said after all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypedDict

from api.review.scores.opinions import Said
from api.review.scores.rulebook import Rulebook, StepFacts
from qa_engine.report.stored import StoredHit, StoredOccasion, StoredReport, StoredStep
from qa_engine.rules.counting import Effect, Reason
from qa_engine.rules.step_result import URGENCY

NOT_APPLICABLE = "not_applicable"


class Withdrawn(TypedDict):
    """What a step comes to without the triggers that people judged wrong."""

    state: str
    in_order: bool
    unheard: bool


def without_rejected(report: StoredReport, said: Said, book: Rulebook) -> Mapping[str, Withdrawn]:
    """Step → what its state, `in_order` and `unheard` are without the triggers judged wrong.

    Only steps that this changes, by what the machine said of each occasion.
    """
    changed: dict[str, Withdrawn] = {}
    for step in report["steps"]:
        rule = book.steps.get(step["id"], StepFacts()).on_hit
        opened = [hit for hit in report["hits"] if hit["rule"] == rule and _opened(hit)]
        occasions = list(step.get("instances", ()))
        left = occasions
        if rule and any(said.get(hit["id"]) is False for hit in opened):
            left = [one for one in occasions if _stands(one, occasions, opened, said)]
            if not occasions and all(said.get(hit["id"]) is False for hit in opened):
                changed[step["id"]] = _of(())
        freed = [_unspoiled(one, said) for one in left]
        if freed != occasions:
            changed[step["id"]] = _of(freed)
    return changed


def is_withdrawn(step: StoredStep) -> bool:
    """Whether the machine's charge against an amended step fell: it was done, or was not due."""
    changed = step["state"] != step.get("machine_state", step["state"])
    return changed and step["state"] in ("done", NOT_APPLICABLE)


def _opened(hit: StoredHit) -> bool:
    """What a person had to look at first made nothing due."""
    counted = hit.get("effect", Effect.COUNTED.value) == Effect.COUNTED.value
    return counted or hit.get("effect_reason") == Reason.CHARGED_ONCE.value


def _stands(
    one: StoredOccasion,
    occasions: Iterable[StoredOccasion],
    opened: Iterable[StoredHit],
    said: Said,
) -> bool:
    """Whether some words that made this occasion were not judged wrong; words close together are
    one occasion, which begins with the first of them."""
    begins = one["trigger_ms"]
    if begins is None:
        return True
    later = [at for one in occasions if (at := one["trigger_ms"] or 0) > begins]
    until = min(later, default=None)
    own = [
        hit
        for hit in opened
        if begins <= hit["begin_ms"] and (until is None or hit["begin_ms"] < until)
    ]
    return not own or any(said.get(hit["id"]) is not False for hit in own)


def _unspoiled(one: StoredOccasion, said: Said) -> StoredOccasion:
    """Done, where everything that spoiled its words was judged wrong."""
    spoilers = one.get("spoiled_by", ())
    if not spoilers or any(said.get(hit) is not False for hit in spoilers):
        return one
    return {**one, "state": "done", "unheard": False, "spoiled_by": []}


def _of(occasions: Iterable[StoredOccasion]) -> Withdrawn:
    left = list(occasions)
    if not left:
        return {"state": NOT_APPLICABLE, "in_order": True, "unheard": False}
    order = [state.value for state in URGENCY]
    worst = min(left, key=lambda one: (order.index(one["state"]), one.get("unheard", False)))
    return {
        "state": worst["state"],
        "in_order": all(one.get("in_order", True) for one in left),
        "unheard": worst.get("unheard", False),
    }
